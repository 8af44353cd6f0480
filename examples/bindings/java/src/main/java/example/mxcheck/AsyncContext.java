// SPDX-License-Identifier: BSD-2-Clause
// A checker that gives futures.
package example.mxcheck;

import java.util.concurrent.CompletableFuture;

/**
 * A checker that gives futures, for any number of threads. A future that is completed otherwise, as by cancel() or
 * orTimeout(), cancels its check. What depends on a future runs in the common pool. close() cancels the checks under way.
 */
public final class AsyncContext extends Checker {
    private final Loop loop;

    /** Every option has its default. */
    public AsyncContext() {
        this(new Config());
    }

    public AsyncContext(Config config) {
        this(Loop.start(config.copy().setRelease(Pending.ON_RELEASE).open()));
    }

    private AsyncContext(Loop loop) {
        super(loop.handle, loop::close);
        this.loop = loop;
    }

    Loop loop() {
        return loop;
    }

    /** Errors of the machine complete the future too. What needs no DNS is told at once, without another thread. */
    public CompletableFuture<Result> check(Query query) {
        try {
            return checkCached(query).map(CompletableFuture::completedFuture).orElseGet(() -> start(query));
        } catch (MxcheckException error) {
            return CompletableFuture.failedFuture(error);
        }
    }

    private CompletableFuture<Result> start(Query query) {
        Pending pending = new Pending(this);
        int status = loop.start(pending, query);
        if (status != LibMxcheck.OK) {
            return CompletableFuture.failedFuture(new MxcheckException(status, ""));
        }
        pending.future.whenComplete((result, error) -> loop.cancel(pending));
        return pending.future;
    }

    /** Of MAIL FROM; "" is the null reverse-path. */
    public CompletableFuture<Result> checkSender(String address) {
        return check(Query.sender(address));
    }

    /** Of RCPT TO. */
    public CompletableFuture<Result> checkRcpt(String address) {
        return check(Query.rcpt(address));
    }

    public CompletableFuture<Result> checkDomain(String domain) {
        return check(Query.domain(Role.RCPT, domain));
    }

    /** How many checks are under way. */
    public long pending() {
        return use(loop::count);
    }
}
