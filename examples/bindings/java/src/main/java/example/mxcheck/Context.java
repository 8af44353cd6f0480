// SPDX-License-Identifier: BSD-2-Clause
// A checker that waits.
package example.mxcheck;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.ptr.PointerByReference;
import example.mxcheck.LibMxcheck.SizeT;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;

/** A checker that waits, for any number of threads. stop() or close() ends their checks; interrupting a thread does not. */
public final class Context extends Checker {
    /** Every option has its default. */
    public Context() {
        this(new Config());
    }

    public Context(Config config) {
        this(config.open());
    }

    private Context(Handle handle) {
        super(handle, handle::close);
    }

    public Result check(Query query) {
        PointerByReference result = new PointerByReference();
        MxcheckException.check(check(query, result));
        return new Result(result.getValue());
    }

    /** Of MAIL FROM; "" is the null reverse-path. */
    public Result checkSender(String address) {
        return check(Query.sender(address));
    }

    /** Of RCPT TO. */
    public Result checkRcpt(String address) {
        return check(Query.rcpt(address));
    }

    public Result checkDomain(String domain) {
        return check(Query.domain(Role.RCPT, domain));
    }

    /** All recipients of a transaction, side by side, in their order. */
    public List<Result> checkRcpts(List<String> addresses) {
        if (addresses.isEmpty()) {
            return List.of();
        }
        Memory[] texts = addresses.stream().map(Context::memory).toArray(Memory[]::new);
        long size = (long) texts.length * Native.POINTER_SIZE;
        try (Memory array = new Memory(size); Memory results = new Memory(size)) {
            array.write(0, texts, 0, texts.length);
            MxcheckException.check(use(ctx -> LibMxcheck.mxcheck_check_rcpts(ctx, array, new SizeT(texts.length), results)));
            return Arrays.stream(results.getPointerArray(0, texts.length)).map(Result::new).toList();
        } finally {
            Reference.reachabilityFence(texts);
        }
    }

    private static Memory memory(String address) {
        byte[] octets = Text.argument(address);
        Memory memory = new Memory(octets.length);
        memory.write(0, octets, 0, octets.length);
        return memory;
    }

    /** Ends all blocking checks, under way and later, with the status "stopped". Any thread. */
    public void stop() {
        MxcheckException.check(use(LibMxcheck::mxcheck_ctx_stop));
    }
}
