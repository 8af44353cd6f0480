/* SPDX-License-Identifier: BSD-2-Clause */
/* test_mapping.c: which files are mapped, which are begun anew, and which are refused. */
#define _DEFAULT_SOURCE /* mkdtemp, flock */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 65536, LAYOUT = 7 };

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/mxcheck-mapping-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/cache", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char beside[160];
    (void)state;
    snprintf(beside, sizeof(beside), "%s.new", path);
    unlink(beside);
    if (unlink(path) != 0)
        rmdir(path);
    return rmdir(folder);
}

static struct mapping open_well(size_t size, uint64_t layout)
{
    struct mapping mapping;
    const char *why = NULL;
    int error = mapping_open(path, size, layout, &mapping, &why);
    if (error != 0)
        fail_msg("%s: %s", why, strerror(error));
    return mapping;
}

static void assert_refused(int error, const char *wanted)
{
    struct mapping mapping;
    const char *why = "";
    assert_int_equal(mapping_open(path, SIZE, LAYOUT, &mapping, &why), error);
    assert_string_equal(why, wanted);
}

static void test_who_opens_the_same_file_shares_its_memory(void **state)
{
    struct stat file;
    (void)state;
    umask(0);
    struct mapping one = open_well(SIZE, LAYOUT);
    struct mapping other = open_well(SIZE, LAYOUT);
    assert_int_equal(one.octets[MAPPING_HEAD_SIZE], 0);
    one.octets[MAPPING_HEAD_SIZE] = 77;
    assert_int_equal(other.octets[MAPPING_HEAD_SIZE], 77);
    one.octets[SIZE - 1] = 78;
    assert_int_equal(other.octets[SIZE - 1], 78);
    assert_memory_equal(&one.key, &other.key, sizeof(one.key));
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    assert_int_equal(file.st_size, SIZE);
    mapping_close(&one);
    mapping_close(&other);
    one = open_well(SIZE, LAYOUT);
    assert_int_equal(one.octets[MAPPING_HEAD_SIZE], 77);
    mapping_close(&one);
}

static void assert_begun_anew(size_t size, uint64_t layout)
{
    struct mapping mapping = open_well(size, layout);
    assert_int_equal(mapping.size, size);
    assert_int_equal(mapping.octets[MAPPING_HEAD_SIZE], 0);
    mapping.octets[MAPPING_HEAD_SIZE] = 77;
    mapping_close(&mapping);
}

/* Octets of the file as another program or another start of the machine would have left them. */
static void write_at(off_t place, const void *octets, size_t size)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, octets, size, place), size);
    close(fd);
}

static void test_a_file_of_another_size_layout_or_boot_is_begun_anew(void **state)
{
    (void)state;
    assert_begun_anew(SIZE, LAYOUT);
    assert_begun_anew(2 * SIZE, LAYOUT);
    assert_begun_anew(SIZE, LAYOUT);
    assert_begun_anew(SIZE, LAYOUT + 1);
    for (off_t place = 0; place < 48; place += 8) { /* magic, layout, size, and three words of the boot */
        write_at(place, "????????", 8);
        assert_begun_anew(SIZE, LAYOUT + 1);
    }
    assert_int_equal(truncate(path, 10), 0);
    assert_begun_anew(SIZE, LAYOUT + 1);
    assert_int_equal(truncate(path, 0), 0);
    assert_begun_anew(SIZE, LAYOUT + 1);
}

static void test_who_has_an_old_file_keeps_it(void **state)
{
    (void)state;
    struct mapping old = open_well(SIZE, LAYOUT);
    old.octets[SIZE - 1] = 77;
    struct mapping new = open_well(2 * SIZE, LAYOUT);
    assert_int_equal(new.octets[SIZE - 1], 0);
    assert_int_equal(old.octets[SIZE - 1], 77);
    mapping_close(&old);
    mapping_close(&new);
}

static void test_what_one_who_was_killed_left_beside_is_no_hindrance(void **state)
{
    char beside[160];
    (void)state;
    snprintf(beside, sizeof(beside), "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_begun_anew(SIZE, LAYOUT);
    assert_int_equal(access(beside, F_OK), -1);
}

static void test_files_that_others_may_write_are_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0620, 0602, 0640, 0604, 0601};
    assert_begun_anew(SIZE, LAYOUT);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_refused(EPERM, "its mode lets others in: 0600 is needed");
    }
    if (geteuid() != 0) {
        print_message("# skipped: only root can give a file away\n");
        return;
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chown(path, 1, (gid_t)-1), 0);
    assert_refused(EPERM, "it belongs to another user");
}

static void test_what_is_no_plain_file_is_refused(void **state)
{
    char target[160];
    (void)state;
    snprintf(target, sizeof(target), "%s/target", folder);
    assert_int_equal(symlink(target, path), 0);
    assert_refused(ELOOP, "it is a symbolic link");
    assert_int_equal(access(target, F_OK), -1);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(EINVAL, "it is not a plain file");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(EISDIR, "it cannot be opened");
    rmdir(path);
    snprintf(path, sizeof(path), "%s/no/cache", folder);
    assert_refused(ENOENT, "its directory does not exist");
    snprintf(path, sizeof(path), "%s/cache", folder);
}

/* With more processes than the machine has processors, all starting at the same time. */
static void test_many_that_start_at_once_share_one_file(void **state)
{
    enum { processes = 12, rounds = 20 };
    struct shared {
        unsigned char is_started;
    } *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)state;
    assert_ptr_not_equal(shared, MAP_FAILED);
    for (int round = 0; round < rounds; round++) {
        pid_t children[processes];
        __atomic_store_n(&shared->is_started, 0, __ATOMIC_RELEASE);
        for (int i = 0; i < processes; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] > 0)
                continue;
            struct mapping mapping;
            const char *why;
            while (__atomic_load_n(&shared->is_started, __ATOMIC_ACQUIRE) == 0)
                continue;
            if (mapping_open(path, SIZE, (uint64_t)round, &mapping, &why) != 0)
                _exit(1);
            __atomic_add_fetch(&mapping.octets[MAPPING_HEAD_SIZE], 1, __ATOMIC_RELAXED);
            _exit(0);
        }
        __atomic_store_n(&shared->is_started, 1, __ATOMIC_RELEASE);
        for (int i = 0; i < processes; i++) {
            int ended;
            assert_int_equal(waitpid(children[i], &ended, 0), children[i]);
            assert_int_equal(ended, 0);
        }
        struct mapping mapping = open_well(SIZE, (uint64_t)round);
        assert_int_equal(mapping.octets[MAPPING_HEAD_SIZE], processes);
        mapping_close(&mapping);
    }
    munmap(shared, sizeof(*shared));
}

/* A mapping keeps the open file description alive, and with it a lock that nobody gave back. */
static void test_any_number_hold_the_same_file_at_once(void **state)
{
    enum { holders = 5 };
    struct mapping mappings[holders];
    (void)state;
    for (size_t i = 0; i < holders; i++) {
        mappings[i] = open_well(SIZE, LAYOUT);
        assert_int_equal(mappings[i].octets[MAPPING_HEAD_SIZE], i);
        mappings[i].octets[MAPPING_HEAD_SIZE]++;
    }
    for (size_t i = 0; i < holders; i++)
        mapping_close(&mappings[i]);
}

static void test_no_descriptor_stays_open(void **state)
{
    (void)state;
    int before = open("/dev/null", O_RDONLY);
    struct mapping mapping = open_well(SIZE, LAYOUT);
    int after = open("/dev/null", O_RDONLY);
    assert_int_equal(after, before + 1);
    mapping_close(&mapping);
    close(before);
    close(after);
}

static void test_children_share_memory_without_a_file(void **state)
{
    struct mapping mapping;
    (void)state;
    assert_int_equal(mapping_new(SIZE, &mapping), 0);
    pid_t child = fork();
    if (child == 0) {
        mapping.octets[MAPPING_HEAD_SIZE] = 77;
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(mapping.octets[MAPPING_HEAD_SIZE], 77);
    mapping_close(&mapping);
}

#define IN_FOLDER(story) cmocka_unit_test_setup_teardown(story, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_who_opens_the_same_file_shares_its_memory),
        IN_FOLDER(test_a_file_of_another_size_layout_or_boot_is_begun_anew),
        IN_FOLDER(test_who_has_an_old_file_keeps_it),
        IN_FOLDER(test_what_one_who_was_killed_left_beside_is_no_hindrance),
        IN_FOLDER(test_files_that_others_may_write_are_refused),
        IN_FOLDER(test_what_is_no_plain_file_is_refused),
        IN_FOLDER(test_many_that_start_at_once_share_one_file),
        IN_FOLDER(test_any_number_hold_the_same_file_at_once),
        IN_FOLDER(test_no_descriptor_stays_open),
        cmocka_unit_test(test_children_share_memory_without_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
