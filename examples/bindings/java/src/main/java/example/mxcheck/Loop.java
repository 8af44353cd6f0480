// SPDX-License-Identifier: BSD-2-Clause
// The thread that waits for an asynchronous context, and the lock under which threads use it.
package example.mxcheck;

import com.sun.jna.Memory;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import example.mxcheck.LibMxcheck.SizeT;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

final class Loop {
    private static final int POLLFD_SIZE = 8;
    private static final int EVENTS = 4;
    private static final int REVENTS = 6;
    private static final short POLLIN = 1;

    final Handle handle;
    private final int stopReader;
    private final int stopWriter;
    private final Queue<Pending> finished = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private Loop(Handle handle, int[] pipe) {
        this.handle = handle;
        this.stopReader = pipe[0];
        this.stopWriter = pipe[1];
    }

    static Loop start(Handle handle) {
        int[] pipe = new int[2];
        if (handle.use(LibMxcheck::mxcheck_ctx_fd) < 0 || LibC.pipe(pipe) != 0) {
            handle.close();
            throw new MxcheckException(LibMxcheck.ERR_SYSTEM, "");
        }
        Loop loop = new Loop(handle, pipe);
        Thread thread = new Thread(loop::run, "mxcheck");
        thread.setDaemon(true);
        thread.start();
        return loop;
    }

    private void run() {
        try (Memory polled = new Memory(2 * POLLFD_SIZE)) {
            while (waitFor(polled)) {
                handle.useIfOpen(this::dispatch);
                completeFinished();
            }
        } finally {
            ended.complete(null);
        }
    }

    /** Whether there is something to dispatch, and not the end. */
    private boolean waitFor(Memory polled) {
        watch(polled, 0, handle.use(this::descriptor));
        watch(polled, POLLFD_SIZE, stopReader);
        LibC.poll(polled, new NativeLong(2), -1);
        return polled.getShort(POLLFD_SIZE + REVENTS) == 0;
    }

    private static void watch(Memory polled, int offset, int fd) {
        polled.setInt(offset, fd);
        polled.setShort(offset + EVENTS, POLLIN);
        polled.setShort(offset + REVENTS, (short) 0);
    }

    private synchronized int descriptor(Pointer ctx) {
        return LibMxcheck.mxcheck_ctx_fd(ctx);
    }

    private synchronized void dispatch(Pointer ctx) {
        LibMxcheck.mxcheck_ctx_dispatch(ctx);
    }

    synchronized long count(Pointer ctx) {
        return LibMxcheck.mxcheck_ctx_pending(ctx).longValue();
    }

    int start(Pending pending, Query query) {
        return handle.use(ctx -> start(ctx, pending, query));
    }

    private synchronized int start(Pointer ctx, Pending pending, Query query) {
        int status = LibMxcheck.mxcheck_check_async(ctx, query.role.number(), query.text, new SizeT(query.length), query.flags,
                query.timeoutMs, Pending.ON_RESULT, pending.remember(), pending.id);
        if (status != LibMxcheck.OK) {
            pending.forget();
        }
        return status;
    }

    void cancel(Pending pending) {
        if (pending.isUnderWay()) {
            handle.useIfOpen(ctx -> cancel(ctx, pending));
            completeFinished();
        }
    }

    private synchronized void cancel(Pointer ctx, Pending pending) {
        if (pending.isUnderWay()) {
            LibMxcheck.mxcheck_cancel(ctx, pending.id.getValue());
        }
    }

    /** Called by the library, under the lock. */
    void letGo(Pending pending) {
        finished.add(pending);
    }

    /** Not under the lock, since it leads to the code of the user. */
    private void completeFinished() {
        for (Pending pending; (pending = finished.poll()) != null;) {
            pending.complete();
        }
    }

    void close() {
        LibC.close(stopWriter);
        ended.join();
        LibC.close(stopReader);
        handle.close();
        completeFinished();
    }
}
