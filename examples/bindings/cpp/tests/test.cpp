/* SPDX-License-Identifier: BSD-2-Clause */
/* test.cpp: the C++ binding over a real name server. Each story is a function; the first claim that fails ends it all. */
#include "../mxcheck.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <thread>

static constexpr const char *good = "u@ok-mx.mx.example";
static constexpr const char *absent = "u@nxdomain.mx.example";
static constexpr const char *silent = "u@to-all.f.mx.example";

static void claim(bool is_so, const char *what, int line)
{
    if (!is_so) {
        std::fprintf(stderr, "test.cpp:%d: %s\n", line, what);
        std::exit(1);
    }
}
#define CLAIM(what) claim((what), #what, __LINE__)

static mxcheck::config options()
{
    mxcheck::config config;
    CLAIM(!config.set("upstreams", std::getenv("MXCHECK_TEST_UPSTREAM")));
    return config;
}

static mxcheck::context patient()
{
    mxcheck::config config = options();
    CLAIM(!config.set("timeout", "600s"));
    return mxcheck::context::make(config).value();
}

static void a_result_tells_all_and_outlives_its_context()
{
    std::optional<mxcheck::result> kept;
    {
        mxcheck::config config = options();
        CLAIM(!config.set("depth", "targets") && !config.set("forbidden-networks", "none"));
        auto ctx = mxcheck::context::make(config).value();
        kept = ctx.check_rcpt(good).value();
        CLAIM(ctx.check_rcpt(good).value().is_cached());
        CLAIM(ctx.stats().hits == 1);
    }
    CLAIM(kept->verdict() == mxcheck::verdict::accept && kept->reason() == mxcheck::reason::mx);
    CLAIM(kept->address() == good && kept->domain() == "ok-mx.mx.example");
    CLAIM(kept->reply("ID") == "250 2.1.5 ID recipient ok");
    CLAIM(kept->json("ID").find("\"reply\":\"250 2.1.5 ID recipient ok\"") != std::string::npos);
    CLAIM(!kept->mxs().empty() && !kept->mxs()[0].addresses.empty());
    CLAIM(kept->ttl().count() > 0 && !kept->is_cached() && !kept->is_stale());
    mxcheck::result copy = *kept;
    kept.reset();
    CLAIM(copy.smtp_code() == 250 && copy.enhanced_code() == "2.1.5");
}

static mxcheck::context kit_context(const std::string &kit, const std::string &option)
{
    mxcheck::config config;
    CLAIM(!config.load((kit + "/kit.conf").c_str()) && !config.set("test-zone", (kit + "/kit.zone").c_str()));
    if (auto equals = option.find('='); equals != std::string::npos)
        CLAIM(!config.set(option.substr(0, equals).c_str(), option.substr(equals + 1).c_str()));
    return mxcheck::context::make(config).value();
}

static std::string octets_of(const nlohmann::json &expected)
{
    if (expected.contains("address"))
        return expected["address"];
    std::string octets, digits = expected["address_hex"];
    for (std::size_t i = 0; i < digits.size(); i += 2)
        octets += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return octets;
}

static void every_case_comes_to_what_the_kit_says()
{
    const std::string kit = std::getenv("MXCHECK_CONFORMANCE");
    std::map<std::string, mxcheck::context> contexts;
    std::ifstream cases(kit + "/cases.jsonl");
    std::string line;
    int count = 0;
    std::getline(cases, line);
    for (; std::getline(cases, line); count++) {
        auto expected = nlohmann::json::parse(line);
        std::string option = expected["options"];
        if (!contexts.count(option))
            contexts.emplace(option, kit_context(kit, option));
        auto &ctx = contexts.at(option);
        auto result = (expected["role"] == "sender" ? ctx.check_sender(octets_of(expected)) : ctx.check_rcpt(octets_of(expected))).value();
        if (name(result.verdict()) != expected["verdict"] || name(result.reason()) != expected["reason"] ||
            result.smtp_code() != expected["smtp_code"] || result.enhanced_code() != expected["enhanced_code"] ||
            result.reply("ID") != expected["reply"])
            claim(false, line.c_str(), __LINE__);
    }
    CLAIM(count > 400);
}

static void texts_have_lengths()
{
    auto ctx = mxcheck::context::make(options()).value();
    const std::string_view with_nul("u@ok-mx.mx.example\0.evil", 24);
    auto result = ctx.check_rcpt(with_nul).value();
    CLAIM(result.reason() == mxcheck::reason::bad_address && result.address() == with_nul);
    CLAIM(ctx.check_sender({}).value().reason() == mxcheck::reason::null_sender);
    CLAIM(ctx.check_rcpt("nxdomain.mx.example", {.is_domain = true}).value().reason() == mxcheck::reason::no_such_domain);
    auto results = ctx.check_rcpts({good, absent}).value();
    CLAIM(results.size() == 2 && results[0].is_accepted() && !results[1].is_accepted());
}

static void errors_are_no_verdicts()
{
    mxcheck::config config = options();
    auto wrong = config.set("timeout", "soon");
    CLAIM(wrong && wrong->text().find("timeout") != std::string_view::npos);
    CLAIM(!config.set("resolution", "recursive"));
    auto ctx = mxcheck::context::make(config);
    CLAIM(!ctx && ctx.error().status() == MXCHECK_ERR_OPTION);
    try {
        ctx.value();
        CLAIM(false);
    } catch (const mxcheck::failure &failure) {
        CLAIM(failure.why().name() == "option");
    }
    CLAIM(mxcheck::is_known(mxcheck::reason::mx) && !mxcheck::is_known(static_cast<mxcheck::reason>(9999)));
    auto other = mxcheck::context::make(options()).value();
    CLAIM(other.check_rcpt(good, {.is_cached = true}).error().status() == MXCHECK_ERR_NOT_CACHED);
}

static void threads_are_stopped()
{
    auto ctx = patient();
    std::string_view told;
    std::thread waiting([&] { told = ctx.check_rcpt(silent).error().name(); });
    CLAIM(ctx.check_rcpt(good).value().is_accepted());
    ctx.stop();
    waiting.join();
    CLAIM(told == "stopped");
}

static void turn(mxcheck::context &ctx, const bool &is_over)
{
    pollfd due = {ctx.fd(), POLLIN, 0};
    while (!is_over && poll(&due, 1, 30000) == 1)
        ctx.dispatch();
    CLAIM(is_over);
}

static void callbacks_are_freed_whatever_becomes_of_the_check()
{
    auto token = std::make_shared<int>(0);
    {
        auto ctx = patient();
        bool is_over = false;
        CLAIM(static_cast<bool>(ctx.start(mxcheck::role::rcpt, good, [token, &is_over](mxcheck::result result) {
            is_over = result.is_accepted();
        })));
        auto id = ctx.start(mxcheck::role::rcpt, silent, [token](mxcheck::result) { std::abort(); });
        CLAIM(static_cast<bool>(ctx.start(mxcheck::role::rcpt, silent, [token](mxcheck::result) { std::abort(); })));
        CLAIM(token.use_count() == 4);
        turn(ctx, is_over);
        CLAIM(ctx.cancel(*id) && !ctx.cancel(*id));
        CLAIM(token.use_count() == 2 && ctx.pending() == 1);
    }
    CLAIM(token.use_count() == 1);
}

/* The least coroutine that there is: it begins at once, and its owner destroys it. */
struct task {
    struct promise_type {
        task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};

static task check_two(mxcheck::context &ctx, bool &is_over)
{
    auto first = co_await ctx.async_rcpt(good);
    auto second = co_await ctx.async_sender(absent);
    CLAIM(first && first->is_accepted() && second && second->reason() == mxcheck::reason::no_such_domain);
    auto third = co_await ctx.async_rcpt(silent, {.timeout = std::chrono::milliseconds(50)});
    CLAIM(third && third->reason() == mxcheck::reason::dns_timeout);
    auto fourth = co_await ctx.async_rcpt("u@null-mx.mx.example", {.is_cached = true});
    CLAIM(!fourth && fourth.error().status() == MXCHECK_ERR_NOT_CACHED);
    is_over = true;
}

static task wait_for_ever(mxcheck::context &ctx)
{
    co_await ctx.async_rcpt(silent);
    std::abort();
}

static void checks_can_be_awaited()
{
    auto ctx = patient();
    bool is_over = false;
    task checking = check_two(ctx, is_over);
    turn(ctx, is_over);
    checking.handle.destroy();
    task waiting = wait_for_ever(ctx);
    CLAIM(ctx.pending() == 1);
    waiting.handle.destroy();
    CLAIM(ctx.pending() == 0);
}

static void caches_and_logs_are_shared()
{
    int lines = 0;
    mxcheck::config config = options();
    auto cache = mxcheck::cache::make(1 << 20).value();
    config.set_cache(cache);
    config.set_log(mxcheck::log_level::info, [&lines](mxcheck::log_level, std::string_view, mxcheck_id) { lines++; });
    auto one = mxcheck::context::make(config).value();
    auto other = mxcheck::context::make(config).value();
    CLAIM(one.check_rcpt(good).value().is_accepted() && other.check_rcpt(good).value().is_cached());
    cache.flush();
    CLAIM(!other.check_rcpt(good).value().is_cached());
    CLAIM(lines == 3 && one.shared_cache().has_value());
    CLAIM(!mxcheck::cache::make_shared("/nowhere/at/all", 1 << 20));
}

int main()
{
    a_result_tells_all_and_outlives_its_context();
    every_case_comes_to_what_the_kit_says();
    texts_have_lengths();
    errors_are_no_verdicts();
    threads_are_stopped();
    callbacks_are_freed_whatever_becomes_of_the_check();
    checks_can_be_awaited();
    caches_and_logs_are_shared();
    std::puts("all stories hold");
    return 0;
}
