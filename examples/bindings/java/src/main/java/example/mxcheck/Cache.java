// SPDX-License-Identifier: BSD-2-Clause
// A cache of DNS answers.
package example.mxcheck;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import example.mxcheck.LibMxcheck.SizeT;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Objects;

/** What is known of domains, for any number of contexts and threads. */
public final class Cache {
    final Pointer pointer;

    /** Takes over a reference. */
    Cache(Pointer pointer) {
        this.pointer = pointer;
        Freed.with(this, pointer, LibMxcheck::mxcheck_cache_unref);
    }

    /** Takes at most so many octets of memory, at least 16384. */
    public Cache(long maxBytes) {
        this(make(maxBytes));
    }

    private static Pointer make(long maxBytes) {
        PointerByReference made = new PointerByReference();
        MxcheckException.check(LibMxcheck.mxcheck_cache_new(size(maxBytes), made));
        return made.getValue();
    }

    private static SizeT size(long maxBytes) {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("a negative size");
        }
        return new SizeT(maxBytes);
    }

    /** In a file, for all processes of this user that name it with the same size. */
    public static Cache shared(Path path, long maxBytes) throws IOException {
        PointerByReference made = new PointerByReference();
        int status = LibMxcheck.mxcheck_cache_new_shared(Text.path(path), size(maxBytes), made);
        if (status == LibMxcheck.ERR_FILE) {
            throw new FileSystemException(path.toString(), null, Text.decode(LibC.strerror(Native.getLastError())));
        }
        MxcheckException.check(status);
        return new Cache(made.getValue());
    }

    /** Remove everything. */
    public void flush() {
        remove(null);
    }

    /** Remove a domain. */
    public void flush(String domain) {
        remove(Objects.requireNonNull(domain));
    }

    private void remove(String domain) {
        try {
            LibMxcheck.mxcheck_cache_flush(pointer, Text.argument(domain));
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
