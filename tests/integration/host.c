/* SPDX-License-Identifier: BSD-2-Clause */
/* host.c: a program that holds one context and leaves its signals as they are. It checks each line of standard input
 * and prints the reason and how many descriptors are open; at the end of input again, with the context freed. A line
 * "fork ADDRESS" has a child do that with the context of its parent, "fork" has it free the context alone; "child" and
 * how it ended are printed then.
 *
 *     host blocking|async UPSTREAMS [OPTION=VALUE...] */
#include <mxcheck/mxcheck.h>

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int count_descriptors(void)
{
    int count = -3; /* ".", ".." and that of the folder itself */
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return -1;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void say(const char *word)
{
    printf("%s %d\n", word, count_descriptors());
    fflush(stdout);
}

static void on_result(mxcheck_id id, const mxcheck_result *result, void *user_data)
{
    mxcheck_result **kept = user_data;
    (void)id;
    *kept = mxcheck_result_ref(result);
}

static mxcheck_status check_async(mxcheck_ctx *ctx, const char *address, mxcheck_result **result)
{
    *result = NULL;
    mxcheck_status status = mxcheck_check_rcpt_async(ctx, address, on_result, result, NULL);
    while (status == MXCHECK_OK && *result == NULL) {
        struct pollfd pollfd = {.fd = mxcheck_ctx_fd(ctx), .events = POLLIN};
        poll(&pollfd, 1, -1);
        status = mxcheck_ctx_dispatch(ctx);
    }
    return status;
}

static mxcheck_status check(mxcheck_ctx *ctx, int is_async, const char *line, mxcheck_result **result)
{
    return is_async ? check_async(ctx, line, result) : mxcheck_check_rcpt(ctx, line, result);
}

static void serve_in_child(mxcheck_ctx *ctx, int is_async, const char *address)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        mxcheck_result *result = NULL;
        int reason = MXCHECK_REASON_MX;
        if (address[0] != '\0')
            reason = check(ctx, is_async, address, &result) == MXCHECK_OK ? mxcheck_result_reason(result) : 0;
        mxcheck_result_unref(result);
        mxcheck_ctx_free(ctx);
        _exit(reason != MXCHECK_REASON_MX);
    }
    waitpid(child, &status, 0);
    printf("child %d\n", status);
    fflush(stdout);
}

static int serve(mxcheck_ctx *ctx, int is_async)
{
    char line[1024];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        mxcheck_result *result;
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "fork", 4) == 0) {
            serve_in_child(ctx, is_async, line + strspn(line, "fork "));
            continue;
        }
        mxcheck_status status = check(ctx, is_async, line, &result);
        if (status != MXCHECK_OK) {
            say(mxcheck_status_name(status));
            return 1;
        }
        say(mxcheck_reason_name(mxcheck_result_reason(result)));
        mxcheck_result_unref(result);
    }
    return 0;
}

static mxcheck_status set_all(mxcheck_config *config, char **options)
{
    mxcheck_status status = MXCHECK_OK;
    for (; *options != NULL && status == MXCHECK_OK; options++) {
        char *value = strchr(*options, '=');
        if (value == NULL)
            return MXCHECK_ERR_INVALID;
        *value = '\0';
        status = mxcheck_config_set(config, *options, value + 1);
    }
    return status;
}

int main(int argc, char **argv)
{
    mxcheck_config *config = NULL;
    mxcheck_ctx *ctx = NULL;
    int status = 1;
    if (argc >= 3 && mxcheck_config_new(&config) == MXCHECK_OK &&
        mxcheck_config_set(config, "upstreams", argv[2]) == MXCHECK_OK &&
        mxcheck_config_set(config, "timeout", "6s") == MXCHECK_OK && set_all(config, argv + 3) == MXCHECK_OK &&
        mxcheck_ctx_new(config, &ctx) == MXCHECK_OK) {
        status = serve(ctx, strcmp(argv[1], "async") == 0);
    }
    mxcheck_ctx_free(ctx);
    mxcheck_config_free(config);
    say("end");
    return status;
}
