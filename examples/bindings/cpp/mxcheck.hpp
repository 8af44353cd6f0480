/* SPDX-License-Identifier: BSD-2-Clause */
/* mxcheck.hpp: libmxcheck for C++20. One header; every object frees itself; texts are string_views of any octets; an error
 * is an `error` in the place of a value, and never a verdict; checks can be awaited in any event loop. */
#ifndef MXCHECK_HPP
#define MXCHECK_HPP

#include <mxcheck/mxcheck.h>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mxcheck {

enum class verdict { accept = MXCHECK_VERDICT_ACCEPT, defer = MXCHECK_VERDICT_DEFER, reject = MXCHECK_VERDICT_REJECT };
enum class role { sender = MXCHECK_ROLE_SENDER, rcpt = MXCHECK_ROLE_RCPT };
enum class log_level { none, error, warning, info, debug };

/* An open set: a later library may give numbers that have no name here. */
enum class reason : int {
    mx = MXCHECK_REASON_MX,
    implicit_a = MXCHECK_REASON_IMPLICIT_A,
    implicit_aaaa = MXCHECK_REASON_IMPLICIT_AAAA,
    null_sender = MXCHECK_REASON_NULL_SENDER,
    postmaster = MXCHECK_REASON_POSTMASTER,
    address_literal = MXCHECK_REASON_ADDRESS_LITERAL,
    exempt = MXCHECK_REASON_EXEMPT,
    dns_failure_allowed = MXCHECK_REASON_DNS_FAILURE_ALLOWED,
    no_such_domain = MXCHECK_REASON_NO_SUCH_DOMAIN,
    no_records = MXCHECK_REASON_NO_RECORDS,
    null_mx = MXCHECK_REASON_NULL_MX,
    mx_unresolvable = MXCHECK_REASON_MX_UNRESOLVABLE,
    mx_forbidden = MXCHECK_REASON_MX_FORBIDDEN,
    bad_address = MXCHECK_REASON_BAD_ADDRESS,
    special_use = MXCHECK_REASON_SPECIAL_USE,
    literal_refused = MXCHECK_REASON_LITERAL_REFUSED,
    mx_refused = MXCHECK_REASON_MX_REFUSED,
    note_refused = MXCHECK_REASON_NOTE_REFUSED,
    dns_timeout = MXCHECK_REASON_DNS_TIMEOUT,
    dns_failure = MXCHECK_REASON_DNS_FAILURE,
    dnssec_bogus = MXCHECK_REASON_DNSSEC_BOGUS,
    overloaded = MXCHECK_REASON_OVERLOADED
};

inline std::string_view name(reason number) { return mxcheck_reason_name(static_cast<int>(number)); }
inline std::string_view name(verdict number) { return mxcheck_verdict_name(static_cast<mxcheck_verdict>(number)); }

/* Is it one of those above? */
inline bool is_known(reason number)
{
    for (std::size_t i = 0; i < mxcheck_reason_count(); i++) {
        if (mxcheck_reason_at(i) == static_cast<int>(number))
            return true;
    }
    return false;
}

/* An error of the caller or of the machine. */
class error {
public:
    explicit error(mxcheck_status status, std::string text = {}) : status_(status), text_(std::move(text)) {}
    mxcheck_status status() const noexcept { return status_; }
    std::string_view name() const noexcept { return mxcheck_status_name(status_); }
    std::string_view text() const noexcept { return text_.empty() ? std::string_view(mxcheck_status_text(status_)) : text_; }

private:
    mxcheck_status status_;
    std::string text_;
};

/* What value() throws. */
class failure : public std::runtime_error {
public:
    explicit failure(const error &why) : std::runtime_error(std::string(why.text())), why_(why) {}
    const error &why() const noexcept { return why_; }

private:
    error why_;
};

/* A value or an error, as std::expected of C++23. */
template <typename T> class expected {
public:
    expected(T value) : content_(std::move(value)) {}
    expected(mxcheck::error why) : content_(std::move(why)) {}
    explicit operator bool() const noexcept { return content_.index() == 0; }
    T &operator*() & { return std::get<0>(content_); }
    T &&operator*() && { return std::get<0>(std::move(content_)); }
    T *operator->() { return &std::get<0>(content_); }
    const mxcheck::error &error() const { return std::get<1>(content_); }
    T &value() &
    {
        check();
        return std::get<0>(content_);
    }
    T value() &&
    {
        check();
        return std::get<0>(std::move(content_));
    }

private:
    void check() const
    {
        if (!*this)
            throw failure(error());
    }
    std::variant<T, mxcheck::error> content_;
};

struct mx {
    std::string_view host; /* as long as the result */
    std::uint32_t preference;
    std::vector<std::string_view> addresses; /* with depth = targets */
};

/* One finished check: immutable, shared by counting, for any thread. */
class result {
public:
    /* Takes over a reference. */
    explicit result(mxcheck_result *taken) noexcept : result_(taken) {}
    result(const result &other) noexcept : result_(mxcheck_result_ref(other.result_)) {}
    result(result &&other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
    result &operator=(result other) noexcept
    {
        std::swap(result_, other.result_);
        return *this;
    }
    ~result() { mxcheck_result_unref(result_); }

    mxcheck::verdict verdict() const noexcept { return static_cast<mxcheck::verdict>(mxcheck_result_verdict(result_)); }
    mxcheck::reason reason() const noexcept { return static_cast<mxcheck::reason>(mxcheck_result_reason(result_)); }
    mxcheck::role role() const noexcept { return static_cast<mxcheck::role>(mxcheck_result_role(result_)); }
    bool is_accepted() const noexcept { return verdict() == mxcheck::verdict::accept; }
    std::string_view address() const noexcept
    {
        return {mxcheck_result_address(result_), mxcheck_result_address_length(result_)};
    }
    std::string_view domain() const noexcept { return mxcheck_result_domain(result_); }
    int smtp_code() const noexcept { return mxcheck_result_smtp_code(result_); }
    std::string_view enhanced_code() const noexcept { return mxcheck_result_enhanced_code(result_); }
    std::string_view hint() const noexcept { return mxcheck_result_hint(result_); }
    std::string reply(const char *id = nullptr) const { return write(mxcheck_result_reply, id); }
    std::string explain(const char *id = nullptr) const { return write(mxcheck_result_explain, id); }
    std::string json(const char *id = nullptr) const { return write(mxcheck_result_json, id); }
    std::vector<mx> mxs() const
    {
        std::vector<mx> all;
        for (std::size_t i = 0; i < mxcheck_result_mx_count(result_); i++) {
            mx one{mxcheck_result_mx_host(result_, i), mxcheck_result_mx_preference(result_, i), {}};
            for (std::size_t j = 0; j < mxcheck_result_mx_address_count(result_, i); j++)
                one.addresses.emplace_back(mxcheck_result_mx_address(result_, i, j));
            all.push_back(std::move(one));
        }
        return all;
    }
    std::vector<std::string_view> notes() const
    {
        std::vector<std::string_view> all;
        for (std::size_t i = 0; i < mxcheck_result_note_count(result_); i++)
            all.emplace_back(mxcheck_result_note(result_, i));
        return all;
    }
    std::chrono::seconds ttl() const noexcept { return std::chrono::seconds(mxcheck_result_ttl(result_)); }
    bool is_cached() const noexcept { return mxcheck_result_is_cached(result_) != 0; }
    bool is_stale() const noexcept { return mxcheck_result_is_stale(result_) != 0; }
    int dnssec() const noexcept { return mxcheck_result_dnssec(result_); } /* an mxcheck_dnssec */
    std::chrono::microseconds elapsed() const noexcept
    {
        return std::chrono::microseconds(mxcheck_result_elapsed_us(result_));
    }

private:
    using writer = std::size_t (*)(const mxcheck_result *, const char *, char *, std::size_t);
    /* A text may be longer the second time, as numbers of seconds pass. */
    std::string write(writer put, const char *id) const
    {
        std::string text(512, '\0');
        std::size_t length;
        while ((length = put(result_, id, text.data(), text.size())) >= text.size())
            text.resize(length + 1);
        text.resize(length);
        return text;
    }
    mxcheck_result *result_;
};

/* What is known of domains, for any number of contexts and threads; shared by counting. */
class cache {
public:
    /* Takes over a reference. */
    explicit cache(mxcheck_cache *taken) noexcept : cache_(taken) {}
    cache(const cache &other) noexcept : cache_(mxcheck_cache_ref(other.cache_)) {}
    cache(cache &&other) noexcept : cache_(std::exchange(other.cache_, nullptr)) {}
    cache &operator=(cache other) noexcept
    {
        std::swap(cache_, other.cache_);
        return *this;
    }
    ~cache() { mxcheck_cache_unref(cache_); }

    static expected<cache> make(std::size_t max_bytes)
    {
        mxcheck_cache *made = nullptr;
        mxcheck_status status = mxcheck_cache_new(max_bytes, &made);
        return status == MXCHECK_OK ? expected<cache>(cache(made)) : error(status);
    }
    /* nullptr: for children that are forked later. errno says more. */
    static expected<cache> make_shared(const char *path, std::size_t max_bytes)
    {
        mxcheck_cache *made = nullptr;
        mxcheck_status status = mxcheck_cache_new_shared(path, max_bytes, &made);
        return status == MXCHECK_OK ? expected<cache>(cache(made)) : error(status);
    }
    void flush(const char *domain = nullptr) { mxcheck_cache_flush(cache_, domain); }
    mxcheck_cache *get() const noexcept { return cache_; }

private:
    mxcheck_cache *cache_;
};

using log_function = std::function<void(log_level, std::string_view line, mxcheck_id)>;
using callback = std::function<void(result)>;

/* Options, as text. */
class config {
public:
    config() : config_(make(), mxcheck_config_free)
    {
        mxcheck_config_set_release(config_.get(), [](void *box) { delete static_cast<callback *>(box); });
    }
    config(const config &other) : log_(other.log_)
    {
        mxcheck_config *made = nullptr;
        if (mxcheck_config_copy(other.config_.get(), &made) != MXCHECK_OK)
            throw std::bad_alloc();
        config_ = {made, mxcheck_config_free};
    }
    config(config &&) noexcept = default;
    config &operator=(config other) noexcept
    {
        std::swap(config_, other.config_);
        std::swap(log_, other.log_);
        return *this;
    }

    /* Nothing, or what is wrong with it. */
    std::optional<error> set(const char *option, const char *value)
    {
        return told(mxcheck_config_set(config_.get(), option, value));
    }
    std::optional<error> load(const char *path) { return told(mxcheck_config_load(config_.get(), path)); }
    const char *get(const char *option) const noexcept { return mxcheck_config_get(config_.get(), option); }
    /* On the thread that checks. */
    void set_log(log_level most, log_function function)
    {
        log_ = std::make_shared<log_function>(std::move(function));
        mxcheck_config_set_log(
            config_.get(), static_cast<int>(most),
            [](int level, const char *line, mxcheck_id id, void *log) {
                (*static_cast<log_function *>(log))(static_cast<log_level>(level), line, id);
            },
            log_.get());
    }
    void set_cache(const cache &shared) { mxcheck_config_set_cache(config_.get(), shared.get()); }

private:
    friend class context;
    static mxcheck_config *make()
    {
        mxcheck_config *made = nullptr;
        if (mxcheck_config_new(&made) != MXCHECK_OK)
            throw std::bad_alloc();
        return made;
    }
    std::optional<error> told(mxcheck_status status) const
    {
        if (status == MXCHECK_OK)
            return std::nullopt;
        return error(status, mxcheck_config_error(config_.get()));
    }
    std::unique_ptr<mxcheck_config, void (*)(mxcheck_config *)> config_{nullptr, mxcheck_config_free};
    std::shared_ptr<log_function> log_;
};

struct order {
    std::chrono::milliseconds timeout{0}; /* 0: that of the option */
    bool is_domain = false;               /* the text has no local part */
    bool is_cached = false;               /* never wait; error MXCHECK_ERR_NOT_CACHED where DNS would be asked */
    std::uint32_t flags() const noexcept
    {
        std::uint32_t all = 0;
        all |= is_domain ? static_cast<std::uint32_t>(MXCHECK_CHECK_DOMAIN) : 0;
        all |= is_cached ? static_cast<std::uint32_t>(MXCHECK_CHECK_CACHED) : 0;
        return all;
    }
    std::uint32_t timeout_ms() const noexcept { return static_cast<std::uint32_t>(timeout.count()); }
};

/* A checker. Blocking checks from any number of threads; the rest from one thread at a time. */
class context {
public:
    static expected<context> make(config options = {})
    {
        mxcheck_ctx *made = nullptr;
        mxcheck_status status = mxcheck_ctx_new(options.config_.get(), &made);
        if (status != MXCHECK_OK)
            return *options.told(status);
        return context(made, std::move(options.log_));
    }

    expected<result> check(role as, std::string_view text, order how = {})
    {
        mxcheck_result *made = nullptr;
        mxcheck_status status = mxcheck_check(ctx_.get(), static_cast<mxcheck_role>(as), text.data(), text.size(), how.flags(),
                                              how.timeout_ms(), &made);
        return status == MXCHECK_OK ? expected<result>(result(made)) : error(status);
    }
    expected<result> check_sender(std::string_view address, order how = {}) { return check(role::sender, address, how); }
    expected<result> check_rcpt(std::string_view address, order how = {}) { return check(role::rcpt, address, how); }

    /* All recipients of a transaction, side by side, in their order. */
    expected<std::vector<result>> check_rcpts(const std::vector<std::string> &addresses)
    {
        std::vector<const char *> texts;
        std::vector<mxcheck_result *> made(addresses.size());
        std::vector<result> results;
        for (const std::string &address : addresses)
            texts.push_back(address.c_str());
        mxcheck_status status = mxcheck_check_rcpts(ctx_.get(), texts.data(), texts.size(), made.data());
        if (status != MXCHECK_OK)
            return error(status);
        for (mxcheck_result *one : made)
            results.emplace_back(one);
        return results;
    }

    /* The callback comes from dispatch(), unless the check is cancelled or the context freed before. */
    expected<mxcheck_id> start(role as, std::string_view text, callback done, order how = {})
    {
        auto box = std::make_unique<callback>(std::move(done));
        mxcheck_id id = 0;
        mxcheck_status status = mxcheck_check_async(
            ctx_.get(), static_cast<mxcheck_role>(as), text.data(), text.size(), how.flags(), how.timeout_ms(),
            [](mxcheck_id, const mxcheck_result *lent, void *data) {
                (*static_cast<callback *>(data))(result(mxcheck_result_ref(lent)));
            },
            box.get(), &id);
        if (status != MXCHECK_OK)
            return error(status);
        box.release(); /* freed by the release function of the configuration */
        return id;
    }
    /* False when there is no such check any more. */
    bool cancel(mxcheck_id id) { return mxcheck_cancel(ctx_.get(), id) == MXCHECK_OK; }

    /* `co_await ctx.async_rcpt(address)` gives expected<result>. The coroutine goes on from dispatch(). When its frame is
     * destroyed before, the check is cancelled. The text must live until then. */
    class awaiter {
    public:
        awaiter(context &ctx, role as, std::string_view text, order how) : ctx_(ctx), role_(as), text_(text), order_(how) {}
        awaiter(const awaiter &) = delete;
        awaiter &operator=(const awaiter &) = delete;
        ~awaiter()
        {
            if (id_ != 0)
                mxcheck_cancel(ctx_.ctx_.get(), id_);
        }
        /* What needs no DNS is told at once, and nobody is suspended. */
        bool await_ready()
        {
            order now = order_;
            now.is_cached = true;
            auto told = ctx_.check(role_, text_, now);
            if (!told && !order_.is_cached && told.error().status() == MXCHECK_ERR_NOT_CACHED)
                return false;
            outcome_.emplace(std::move(told));
            return true;
        }
        bool await_suspend(std::coroutine_handle<> waiting)
        {
            auto started = ctx_.start(
                role_, text_,
                [this, waiting](result made) {
                    id_ = 0;
                    outcome_.emplace(std::move(made));
                    waiting.resume();
                },
                order_);
            if (started)
                id_ = *started;
            else
                outcome_.emplace(started.error());
            return static_cast<bool>(started);
        }
        expected<result> await_resume() { return std::move(*outcome_); }

    private:
        context &ctx_;
        role role_;
        std::string_view text_;
        order order_;
        mxcheck_id id_ = 0;
        std::optional<expected<result>> outcome_;
    };
    awaiter async_sender(std::string_view address, order how = {}) { return {*this, role::sender, address, how}; }
    awaiter async_rcpt(std::string_view address, order how = {}) { return {*this, role::rcpt, address, how}; }

    /* Watch it for reading, level- or edge-triggered, and call dispatch() when it is readable. -1: the system refuses. */
    int fd() { return mxcheck_ctx_fd(ctx_.get()); }
    void dispatch() { mxcheck_ctx_dispatch(ctx_.get()); }
    mxcheck_status wait(int timeout_ms) { return mxcheck_ctx_wait(ctx_.get(), timeout_ms); }
    std::size_t pending() const { return mxcheck_ctx_pending(ctx_.get()); }
    void stop() { mxcheck_ctx_stop(ctx_.get()); }
    mxcheck_stats stats() const
    {
        mxcheck_stats stats{};
        mxcheck_ctx_stats(ctx_.get(), &stats, sizeof(stats));
        return stats;
    }
    std::optional<mxcheck::cache> shared_cache() const
    {
        mxcheck_cache *own = mxcheck_ctx_cache(ctx_.get());
        if (own == nullptr)
            return std::nullopt;
        return mxcheck::cache(mxcheck_cache_ref(own));
    }

private:
    context(mxcheck_ctx *taken, std::shared_ptr<log_function> log) : log_(std::move(log)), ctx_(taken, mxcheck_ctx_free) {}
    std::shared_ptr<log_function> log_; /* outlives the context */
    std::unique_ptr<mxcheck_ctx, void (*)(mxcheck_ctx *)> ctx_;
};

} // namespace mxcheck

#endif
