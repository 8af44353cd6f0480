// SPDX-License-Identifier: BSD-2-Clause
// The functions of libmxcheck.so.1 as they are: each function of the header with its types, and no more.
package example.mxcheck;

import com.sun.jna.Callback;
import com.sun.jna.IntegerType;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;

/** The functions of the header, for what the other classes do not wrap. Texts are octets with a NUL behind them. */
public final class LibMxcheck {
    static final int OK = 0;
    static final int ERR_OPTION = -3;
    static final int ERR_FILE = -4;
    static final int ERR_SYSTEM = -5;
    static final int ERR_NOT_CACHED = -7;
    static final int CHECK_DOMAIN = 1;
    static final int CHECK_CACHED = 2;

    static {
        Native.register(LibMxcheck.class, Optional.ofNullable(System.getenv("MXCHECK_LIBRARY")).orElse("libmxcheck.so.1"));
    }

    private LibMxcheck() {
    }

    /** size_t. */
    public static final class SizeT extends IntegerType {
        private static final long serialVersionUID = 1;

        public SizeT() {
            this(0);
        }

        public SizeT(long value) {
            super(Native.SIZE_T_SIZE, value, true);
        }
    }

    /** mxcheck_cb. */
    public interface ResultCallback extends Callback {
        void invoke(long id, Pointer result, Pointer userData);
    }

    /** mxcheck_log_cb. */
    public interface LogCallback extends Callback {
        void invoke(int level, Pointer line, long id, Pointer userData);
    }

    /** Lets go of the user data of a check. */
    public interface ReleaseCallback extends Callback {
        void invoke(Pointer userData);
    }

    /** As malloc. */
    public interface AllocateCallback extends Callback {
        Pointer invoke(SizeT size, Pointer userData);
    }

    /** As realloc. */
    public interface ResizeCallback extends Callback {
        Pointer invoke(Pointer pointer, SizeT size, Pointer userData);
    }

    /** As free. */
    public interface FreeCallback extends Callback {
        void invoke(Pointer pointer, Pointer userData);
    }

    public static native int mxcheck_version_number();

    public static native Pointer mxcheck_version();

    public static native int mxcheck_config_new(PointerByReference config);

    public static native int mxcheck_config_copy(Pointer config, PointerByReference copy);

    public static native void mxcheck_config_free(Pointer config);

    public static native int mxcheck_config_set(Pointer config, byte[] name, byte[] value);

    public static native int mxcheck_config_load(Pointer config, byte[] path);

    public static native Pointer mxcheck_config_get(Pointer config, byte[] name);

    public static native Pointer mxcheck_config_error(Pointer config);

    public static native SizeT mxcheck_option_count();

    public static native Pointer mxcheck_option_name(SizeT index);

    public static native Pointer mxcheck_option_default(SizeT index);

    public static native Pointer mxcheck_option_help(SizeT index);

    public static native int mxcheck_config_set_log(Pointer config, int maxLevel, LogCallback log, Pointer userData);

    public static native int mxcheck_config_set_memory(Pointer config, AllocateCallback allocate, ResizeCallback resize,
                                                       FreeCallback release, Pointer userData);

    public static native int mxcheck_config_set_release(Pointer config, ReleaseCallback release);

    public static native int mxcheck_config_set_cache(Pointer config, Pointer cache);

    public static native int mxcheck_ctx_new(Pointer config, PointerByReference ctx);

    public static native void mxcheck_ctx_free(Pointer ctx);

    public static native int mxcheck_ctx_stop(Pointer ctx);

    public static native int mxcheck_ctx_stats(Pointer ctx, Pointer stats, SizeT size);

    public static native Pointer mxcheck_stats_name(SizeT index);

    public static native Pointer mxcheck_ctx_cache(Pointer ctx);

    public static native int mxcheck_check_sender(Pointer ctx, byte[] address, PointerByReference result);

    public static native int mxcheck_check_rcpt(Pointer ctx, byte[] address, PointerByReference result);

    public static native int mxcheck_check_rcpts(Pointer ctx, Pointer addresses, SizeT count, Pointer results);

    public static native int mxcheck_check(Pointer ctx, int role, byte[] text, SizeT length, int flags, int timeoutMs,
                                           PointerByReference result);

    public static native int mxcheck_check_sender_async(Pointer ctx, byte[] address, ResultCallback callback,
                                                        Pointer userData, LongByReference id);

    public static native int mxcheck_check_rcpt_async(Pointer ctx, byte[] address, ResultCallback callback,
                                                      Pointer userData, LongByReference id);

    public static native int mxcheck_check_async(Pointer ctx, int role, byte[] text, SizeT length, int flags, int timeoutMs,
                                                 ResultCallback callback, Pointer userData, LongByReference id);

    public static native int mxcheck_cancel(Pointer ctx, long id);

    public static native int mxcheck_ctx_fd(Pointer ctx);

    public static native int mxcheck_ctx_dispatch(Pointer ctx);

    public static native int mxcheck_ctx_wait(Pointer ctx, int timeoutMs);

    public static native SizeT mxcheck_ctx_pending(Pointer ctx);

    public static native Pointer mxcheck_result_ref(Pointer result);

    public static native void mxcheck_result_unref(Pointer result);

    public static native int mxcheck_result_verdict(Pointer result);

    public static native int mxcheck_result_reason(Pointer result);

    public static native int mxcheck_result_role(Pointer result);

    public static native Pointer mxcheck_result_address(Pointer result);

    public static native SizeT mxcheck_result_address_length(Pointer result);

    public static native Pointer mxcheck_result_domain(Pointer result);

    public static native int mxcheck_result_smtp_code(Pointer result);

    public static native Pointer mxcheck_result_enhanced_code(Pointer result);

    public static native SizeT mxcheck_result_reply(Pointer result, byte[] id, byte[] buffer, SizeT size);

    public static native Pointer mxcheck_result_hint(Pointer result);

    public static native SizeT mxcheck_result_explain(Pointer result, byte[] id, byte[] buffer, SizeT size);

    public static native SizeT mxcheck_result_json(Pointer result, byte[] id, byte[] buffer, SizeT size);

    public static native SizeT mxcheck_result_mx_count(Pointer result);

    public static native Pointer mxcheck_result_mx_host(Pointer result, SizeT index);

    public static native int mxcheck_result_mx_preference(Pointer result, SizeT index);

    public static native SizeT mxcheck_result_mx_address_count(Pointer result, SizeT mx);

    public static native Pointer mxcheck_result_mx_address(Pointer result, SizeT mx, SizeT index);

    public static native SizeT mxcheck_result_note_count(Pointer result);

    public static native Pointer mxcheck_result_note(Pointer result, SizeT index);

    public static native int mxcheck_result_ttl(Pointer result);

    public static native int mxcheck_result_is_cached(Pointer result);

    public static native int mxcheck_result_is_stale(Pointer result);

    public static native int mxcheck_result_dnssec(Pointer result);

    public static native int mxcheck_result_elapsed_us(Pointer result);

    public static native int mxcheck_cache_new(SizeT maxBytes, PointerByReference cache);

    public static native int mxcheck_cache_new_shared(byte[] path, SizeT maxBytes, PointerByReference cache);

    public static native Pointer mxcheck_cache_ref(Pointer cache);

    public static native void mxcheck_cache_unref(Pointer cache);

    public static native void mxcheck_cache_flush(Pointer cache, byte[] domain);

    public static native Pointer mxcheck_status_name(int status);

    public static native Pointer mxcheck_status_text(int status);

    public static native Pointer mxcheck_verdict_name(int verdict);

    public static native Pointer mxcheck_reason_name(int reason);

    public static native Pointer mxcheck_role_name(int role);

    public static native Pointer mxcheck_dnssec_name(int state);

    public static native Pointer mxcheck_log_level_name(int level);

    public static native SizeT mxcheck_reason_count();

    public static native int mxcheck_reason_at(SizeT index);

    public static native int mxcheck_reason_verdict(int reason);
}
