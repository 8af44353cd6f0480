// SPDX-License-Identifier: BSD-2-Clause
// What the binding needs of the C library.
package example.mxcheck;

import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;

final class LibC {
    static {
        Native.register(LibC.class, Platform.C_LIBRARY_NAME);
    }

    private LibC() {
    }

    static native int pipe(int[] ends);

    static native int close(int fd);

    static native int poll(Pointer polled, NativeLong count, int timeoutMs);

    static native Pointer strerror(int error);
}
