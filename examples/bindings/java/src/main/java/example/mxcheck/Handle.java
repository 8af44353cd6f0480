// SPDX-License-Identifier: BSD-2-Clause
// A context of the library, which any number of threads may be using when it is closed.
package example.mxcheck;

import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;

final class Handle {
    private final Lock used;
    private final Lock freed;
    private final LibMxcheck.LogCallback log;
    private Pointer pointer;

    Handle(Pointer pointer, LibMxcheck.LogCallback log) {
        ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
        this.used = lock.readLock();
        this.freed = lock.writeLock();
        this.pointer = pointer;
        this.log = log;
    }

    <T> T use(Function<Pointer, T> action) {
        used.lock();
        try {
            if (pointer == null) {
                throw new IllegalStateException("the context is closed");
            }
            return action.apply(pointer);
        } finally {
            used.unlock();
        }
    }

    void useIfOpen(Consumer<Pointer> action) {
        used.lock();
        try {
            if (pointer != null) {
                action.accept(pointer);
            }
        } finally {
            used.unlock();
        }
    }

    /** End the blocking checks, wait for them, and free the context. */
    void close() {
        useIfOpen(LibMxcheck::mxcheck_ctx_stop);
        freed.lock();
        try {
            LibMxcheck.mxcheck_ctx_free(pointer);
            pointer = null;
        } finally {
            freed.unlock();
            Reference.reachabilityFence(log);
        }
    }
}
