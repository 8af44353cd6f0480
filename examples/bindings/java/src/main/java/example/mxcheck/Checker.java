// SPDX-License-Identifier: BSD-2-Clause
// What both kinds of contexts are.
package example.mxcheck;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import example.mxcheck.LibMxcheck.SizeT;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What both kinds of contexts are. */
public abstract sealed class Checker implements AutoCloseable permits Context, AsyncContext {
    final Handle handle;
    private final Cleaner.Cleanable cleanable;

    /** `free` must not lead to this object. */
    Checker(Handle handle, Runnable free) {
        this.handle = handle;
        this.cleanable = Freed.CLEANER.register(this, free);
    }

    final <T> T use(Function<Pointer, T> action) {
        try {
            return handle.use(action);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Ends the checks under way. */
    @Override
    public void close() {
        cleanable.clean();
    }

    final int check(Query query, PointerByReference result) {
        return use(ctx -> LibMxcheck.mxcheck_check(ctx, query.role.number(), query.text, new SizeT(query.length), query.flags,
                query.timeoutMs, result));
    }

    /** Never waits; empty where DNS would have to be asked. */
    public final Optional<Result> checkCached(Query query) {
        PointerByReference result = new PointerByReference();
        int status = check(query.cached(), result);
        if (status == LibMxcheck.ERR_NOT_CACHED) {
            return Optional.empty();
        }
        MxcheckException.check(status);
        return Optional.of(new Result(result.getValue()));
    }

    /** What the context has done, by name, in the order of the library. */
    public final Map<String, Long> stats() {
        List<String> names = statsNames();
        try (Memory numbers = new Memory((long) names.size() * Long.BYTES)) {
            MxcheckException.check(use(ctx -> LibMxcheck.mxcheck_ctx_stats(ctx, numbers, new SizeT(numbers.size()))));
            Map<String, Long> stats = new LinkedHashMap<>();
            for (String name : names) {
                stats.put(name, numbers.getLong((long) stats.size() * Long.BYTES));
            }
            return stats;
        }
    }

    private static List<String> statsNames() {
        List<String> names = new ArrayList<>();
        for (Pointer name; (name = LibMxcheck.mxcheck_stats_name(new SizeT(names.size()))) != null;) {
            names.add(Text.decode(name));
        }
        return names;
    }

    /** Empty when there is none (cache-size = 0). */
    public final Optional<Cache> cache() {
        return use(ctx -> Optional.ofNullable(LibMxcheck.mxcheck_cache_ref(LibMxcheck.mxcheck_ctx_cache(ctx))).map(Cache::new));
    }
}
