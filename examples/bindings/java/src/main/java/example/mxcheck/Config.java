// SPDX-License-Identifier: BSD-2-Clause
// A set of options.
package example.mxcheck;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Function;

/** A set of options, with a log function and a cache: new Config().set("depth", "targets"). */
public final class Config {
    private final Pointer pointer;
    private LibMxcheck.LogCallback log;

    /** Receives log lines on the thread that checks; must not use the context. */
    @FunctionalInterface
    public interface LogFunction {
        /** @param check the number of the asynchronous check that the line is about, or 0 */
        void log(LogLevel level, String line, long check);
    }

    /** Every option has its default. */
    public Config() {
        this(make(LibMxcheck::mxcheck_config_new), null);
    }

    private Config(Pointer pointer, LibMxcheck.LogCallback log) {
        this.pointer = pointer;
        this.log = log;
        Freed.with(this, pointer, LibMxcheck::mxcheck_config_free);
    }

    private static Pointer make(Function<PointerByReference, Integer> maker) {
        PointerByReference made = new PointerByReference();
        MxcheckException.check(maker.apply(made));
        return made.getValue();
    }

    private synchronized <T> T use(Function<Pointer, T> action) {
        try {
            return action.apply(pointer);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private Config change(Function<Pointer, Integer> action) {
        use(config -> {
            check(action.apply(config));
            return null;
        });
        return this;
    }

    private void check(int status) {
        if (status == LibMxcheck.ERR_OPTION || status == LibMxcheck.ERR_FILE) {
            throw new MxcheckException(status, Text.decode(LibMxcheck.mxcheck_config_error(pointer)));
        }
        MxcheckException.check(status);
    }

    public Config set(String name, String value) {
        byte[] nameOctets = Text.argument(Objects.requireNonNull(name));
        byte[] valueOctets = Text.argument(Objects.requireNonNull(value));
        return change(config -> LibMxcheck.mxcheck_config_set(config, nameOctets, valueOctets));
    }

    /** The value as it was set, or the default. */
    public String get(String name) {
        byte[] octets = Text.argument(Objects.requireNonNull(name));
        return use(config -> {
            Pointer value = LibMxcheck.mxcheck_config_get(config, octets);
            if (value == null) {
                throw new NoSuchElementException(name);
            }
            return Text.decode(value);
        });
    }

    /** Read a file of `name = value` lines; after an error nothing has changed. */
    public Config load(Path path) {
        return change(config -> LibMxcheck.mxcheck_config_load(config, Text.path(path)));
    }

    public Config copy() {
        return use(config -> new Config(make(made -> LibMxcheck.mxcheck_config_copy(config, made)), log));
    }

    /** A null function is silence. */
    public Config setLog(LogLevel level, LogFunction function) {
        LibMxcheck.LogCallback callback = function == null ? null
                : (number, line, check, none) -> function.log(LogLevel.of(number), Text.decode(line), check);
        return change(config -> {
            int status = LibMxcheck.mxcheck_config_set_log(config, level.number(), callback, null);
            if (status == LibMxcheck.OK) {
                log = callback;
            }
            return status;
        });
    }

    /** Null: each context has its own. */
    public Config setCache(Cache cache) {
        try {
            return change(config -> LibMxcheck.mxcheck_config_set_cache(config, cache == null ? null : cache.pointer));
        } finally {
            Reference.reachabilityFence(cache);
        }
    }

    Config setRelease(LibMxcheck.ReleaseCallback release) {
        return change(config -> LibMxcheck.mxcheck_config_set_release(config, release));
    }

    /** Make a context, which keeps the log function. */
    Handle open() {
        return use(config -> {
            PointerByReference made = new PointerByReference();
            check(LibMxcheck.mxcheck_ctx_new(config, made));
            return new Handle(made.getValue(), log);
        });
    }
}
