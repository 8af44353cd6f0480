/* SPDX-License-Identifier: BSD-2-Clause */
/* mailhost.c: a mail host of the fleet: one context, with the options of a file, that checks what it is told to.
 *
 *     mailhost CONFIG [LEVEL]      the log goes to standard error up to that level, 2 (warnings) if none is given
 *
 * It reads commands, a line each, and ends with its input or with `quit`:
 *
 *     ask ADDRESS
 *         prints `asked ADDRESS VERDICT REASON DNSSEC fresh|cached|stale MS`
 *     mail RATE COUNT DOMAINS SEED
 *         COUNT checks, RATE a second (0: as fast as they go, WINDOW at once), of d0.example, d1.example ... by
 *         Zipf's law with s = 1, DOMAINS of them, and one in NOBODY_EVERY of a name that does not exist;
 *         prints `mailed NAME=VALUE ...`
 *     stats
 *         prints `stats NAME=VALUE ...`, as mxcheck_ctx_stats tells them
 */
#include <mxcheck/mxcheck.h>

#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 512, WINDOW = 64, TICK_MS = 5, NOBODY_EVERY = 20, NOBODIES = 1000 };

/* A load under way, and what became of it. */
struct mail {
    bool is_running;
    double rate;
    unsigned count;
    unsigned domains;
    unsigned random;
    unsigned started;
    unsigned ended;
    unsigned accepted;
    unsigned deferred;
    unsigned rejected;
    unsigned wrong; /* rejected although it exists, or accepted although it does not */
    double slowest_ms;
    double begin_s;
    double begin_cpu_s;
};

struct host {
    mxcheck_ctx *ctx;
    struct mail mail;
    char line[LINE];
    size_t length;
    bool is_over;
};

static void die(const char *why)
{
    fprintf(stderr, "mailhost: %s\n", why);
    exit(1);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void log_to_stderr(int level, const char *line, mxcheck_id id, void *user)
{
    (void)id, (void)user;
    fprintf(stderr, "%s: %s\n", mxcheck_log_level_name(level), line);
}

static const char *freshness(const mxcheck_result *result)
{
    if (mxcheck_result_is_stale(result))
        return "stale";
    return mxcheck_result_is_cached(result) ? "cached" : "fresh";
}

static void on_asked(mxcheck_id id, const mxcheck_result *result, void *user)
{
    (void)id, (void)user;
    printf("asked %s %s %s %s %s %.1f\n", mxcheck_result_address(result),
           mxcheck_verdict_name(mxcheck_result_verdict(result)), mxcheck_reason_name(mxcheck_result_reason(result)),
           mxcheck_dnssec_name(mxcheck_result_dnssec(result)), freshness(result),
           mxcheck_result_elapsed_us(result) / 1000.0);
}

static void end_mail(struct mail *mail)
{
    printf("mailed checks=%u accepted=%u deferred=%u rejected=%u wrong=%u slowest_ms=%.1f wall_s=%.2f cpu_us=%.3f\n",
           mail->ended, mail->accepted, mail->deferred, mail->rejected, mail->wrong, mail->slowest_ms,
           now_s() - mail->begin_s, (cpu_s() - mail->begin_cpu_s) * 1e6 / mail->ended);
    mail->is_running = false;
}

static void on_mail(mxcheck_id id, const mxcheck_result *result, void *user)
{
    struct mail *mail = user;
    bool exists = mxcheck_result_domain(result)[0] == 'd';
    double took_ms = mxcheck_result_elapsed_us(result) / 1000.0;
    (void)id;
    mail->ended++;
    switch (mxcheck_result_verdict(result)) {
    case MXCHECK_VERDICT_ACCEPT:
        mail->accepted++;
        mail->wrong += !exists;
        break;
    case MXCHECK_VERDICT_DEFER:
        mail->deferred++;
        break;
    case MXCHECK_VERDICT_REJECT:
        mail->rejected++;
        mail->wrong += exists;
        break;
    }
    if (took_ms > mail->slowest_ms)
        mail->slowest_ms = took_ms;
    if (mail->ended == mail->count)
        end_mail(mail);
}

static double random_share(struct mail *mail)
{
    mail->random = mail->random * 1664525 + 1013904223;
    return mail->random / 4294967296.0;
}

static void write_address(struct mail *mail, char *address, size_t size)
{
    double share = random_share(mail);
    if (mail->started % NOBODY_EVERY == NOBODY_EVERY - 1)
        snprintf(address, size, "user@nobody%u.example", (unsigned)(share * NOBODIES));
    else
        snprintf(address, size, "user@d%u.example", (unsigned)exp(share * log(mail->domains + 1.0)) - 1);
}

/* A hit costs a server no turn of its loop. */
static void check_mail(struct host *host, const char *address)
{
    mxcheck_result *result;
    mxcheck_status status =
        mxcheck_check(host->ctx, MXCHECK_ROLE_RCPT, address, strlen(address), MXCHECK_CHECK_CACHED, 0, &result);
    if (status == MXCHECK_OK) {
        on_mail(0, result, &host->mail);
        mxcheck_result_unref(result);
    } else if (status != MXCHECK_ERR_NOT_CACHED ||
               mxcheck_check_rcpt_async(host->ctx, address, on_mail, &host->mail, NULL) != MXCHECK_OK) {
        die("a check does not begin");
    }
}

static bool is_mail_due(const struct mail *mail)
{
    if (!mail->is_running || mail->started == mail->count)
        return false;
    if (mail->rate <= 0)
        return mail->started - mail->ended < WINDOW;
    return mail->started < (now_s() - mail->begin_s) * mail->rate;
}

static void send_mail(struct host *host)
{
    char address[64];
    while (is_mail_due(&host->mail)) {
        write_address(&host->mail, address, sizeof(address));
        host->mail.started++;
        check_mail(host, address);
    }
}

static void tell_stats(const struct host *host)
{
    mxcheck_stats stats;
    uint64_t values[sizeof(stats) / sizeof(uint64_t)];
    mxcheck_ctx_stats(host->ctx, &stats, sizeof(stats));
    memcpy(values, &stats, sizeof(stats));
    printf("stats");
    for (size_t i = 0; mxcheck_stats_name(i) != NULL; i++)
        printf(" %s=%llu", mxcheck_stats_name(i), (unsigned long long)values[i]);
    printf("\n");
}

static void obey(struct host *host, const char *line)
{
    struct mail mail = {.is_running = true, .begin_s = now_s(), .begin_cpu_s = cpu_s()};
    if (strncmp(line, "ask ", 4) == 0) {
        if (mxcheck_check_rcpt_async(host->ctx, line + 4, on_asked, NULL, NULL) != MXCHECK_OK)
            die("a check does not begin");
    } else if (sscanf(line, "mail %lf %u %u %u", &mail.rate, &mail.count, &mail.domains, &mail.random) == 4 &&
               mail.count > 0 && mail.domains > 0 && !host->mail.is_running) {
        host->mail = mail;
    } else if (strcmp(line, "stats") == 0) {
        tell_stats(host);
    } else if (strcmp(line, "quit") == 0) {
        host->is_over = true;
    } else {
        die("no such command");
    }
}

static void read_commands(struct host *host)
{
    ssize_t count = read(STDIN_FILENO, host->line + host->length, sizeof(host->line) - 1 - host->length);
    char *end;
    if (count <= 0) {
        host->is_over = true;
        return;
    }
    host->length += (size_t)count;
    host->line[host->length] = '\0';
    while ((end = strchr(host->line, '\n')) != NULL) {
        *end = '\0';
        obey(host, host->line);
        host->length -= (size_t)(end + 1 - host->line);
        memmove(host->line, end + 1, host->length + 1);
    }
    if (host->length == sizeof(host->line) - 1)
        die("a command is too long");
}

static void open_ctx(struct host *host, const char *path, int level)
{
    mxcheck_config *config;
    if (mxcheck_config_new(&config) != MXCHECK_OK)
        die("no memory");
    if (mxcheck_config_load(config, path) != MXCHECK_OK ||
        mxcheck_config_set_log(config, level, log_to_stderr, NULL) != MXCHECK_OK ||
        mxcheck_ctx_new(config, &host->ctx) != MXCHECK_OK)
        die(mxcheck_config_error(config));
    mxcheck_config_free(config);
}

int main(int argc, char **argv)
{
    static struct host host;
    if (argc != 2 && argc != 3)
        die("usage: mailhost CONFIG [LEVEL]");
    open_ctx(&host, argv[1], argc == 3 ? atoi(argv[2]) : MXCHECK_LOG_WARNING);
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct pollfd watched[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = mxcheck_ctx_fd(host.ctx), .events = POLLIN}};
    while (!host.is_over) {
        poll(watched, 2, host.mail.is_running && host.mail.started < host.mail.count ? TICK_MS : -1);
        if (watched[0].revents != 0)
            read_commands(&host);
        mxcheck_ctx_dispatch(host.ctx);
        send_mail(&host);
    }
    mxcheck_ctx_free(host.ctx);
    return 0;
}
