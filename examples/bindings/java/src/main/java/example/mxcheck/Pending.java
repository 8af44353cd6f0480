// SPDX-License-Identifier: BSD-2-Clause
// An asynchronous check under way, which the library knows by a number.
package example.mxcheck;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

final class Pending {
    /** From start until the library lets go; keeps check and context reachable. */
    static final Map<Long, Pending> TABLE = new ConcurrentHashMap<>();

    static final LibMxcheck.ResultCallback ON_RESULT = (id, result, key) ->
            TABLE.get(Pointer.nativeValue(key)).result = new Result(LibMxcheck.mxcheck_result_ref(result));

    static final LibMxcheck.ReleaseCallback ON_RELEASE = key -> {
        Pending pending = TABLE.remove(Pointer.nativeValue(key));
        pending.owner.loop().letGo(pending);
    };

    private static final AtomicInteger LAST_KEY = new AtomicInteger();

    final CompletableFuture<Result> future = new CompletableFuture<>();
    final LongByReference id = new LongByReference();
    private final AsyncContext owner;
    private long key;
    private Result result;

    Pending(AsyncContext owner) {
        this.owner = owner;
    }

    /** Gives the number, which is none of another check, and fits in every pointer. */
    Pointer remember() {
        do {
            key = Integer.toUnsignedLong(LAST_KEY.incrementAndGet());
        } while (key == 0 || TABLE.putIfAbsent(key, this) != null);
        return new Pointer(key);
    }

    /** For a check that could not be started. */
    void forget() {
        TABLE.remove(key);
    }

    boolean isUnderWay() {
        return TABLE.get(key) == this;
    }

    void complete() {
        Result found = result;
        if (found == null) {
            future.cancel(false);
        } else {
            future.completeAsync(() -> found);
        }
    }
}
