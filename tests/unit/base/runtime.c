/* SPDX-License-Identifier: BSD-3-Clause */
/* The runtime directory: what is weir's there, and what is not touched. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weir/runtime.h>

static char base[64];
static struct runtime runtime;
static struct error error;

static void make_base(void)
{
	strcpy(base, "/tmp/weir-runtime-XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	setenv("RUNTIME_DIRECTORY", base, 1);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void remove_base(void)
{
	nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(runtime, .init = make_base, .fini = remove_base);

static const char *path(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s/%s", base, name);
	return text;
}

static bool there(const char *name)
{
	struct stat status;

	return lstat(path(name), &status) == 0;
}

static void make_directory(const char *name)
{
	cr_assert_eq(mkdir(path(name), 0700), 0, "%s: %s", name, strerror(errno));
}

static int make_file(const char *name)
{
	int file = open(path(name), O_RDWR | O_CREAT, 0600);

	cr_assert_geq(file, 0, "%s: %s", name, strerror(errno));
	return file;
}

static void leave_file(const char *name)
{
	close(make_file(name));
}

static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(address.sun_path, path(name));
	cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(listener, 1), 0);
	return listener;
}

Test(runtime, base_is_found_as_dpdk_finds_it)
{
	cr_expect_str_eq(runtime_base(), base);
	setenv("RUNTIME_DIRECTORY", "", 1);
	cr_expect_str_eq(runtime_base(), "");
	unsetenv("RUNTIME_DIRECTORY");
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	cr_expect_str_eq(runtime_base(), getuid() == 0 ? "/var/run" : "/run/user/7");
	if (getuid() == 0) /* the effective one stays root's, to tidy up */
		cr_assert_eq(setreuid(4321, (uid_t)-1), 0);
	cr_expect_str_eq(runtime_base(), "/run/user/7");
	setenv("XDG_RUNTIME_DIR", "", 1);
	cr_expect_str_eq(runtime_base(), "");
	unsetenv("XDG_RUNTIME_DIR");
	cr_expect_str_eq(runtime_base(), "/tmp");
	setenv("RUNTIME_DIRECTORY", base, 1); /* for the end */
}

Test(runtime, one_weir_a_prefix)
{
	struct runtime second;

	cr_assert_eq(runtime_claim(&runtime, "p", &error), 0, "%s", error.text);
	cr_expect_eq(runtime_claim(&second, "p", &error), -EBUSY);
	cr_expect_not_null(strstr(error.text, "another weir"));
	cr_assert_eq(runtime_claim(&second, "q", &error), 0, "%s", error.text);
	runtime_release(&second);
	leave_file("dpdk/p/dpdk_telemetry.v2");
	runtime_note(&runtime);
	runtime_release(&runtime);
	runtime_release(&runtime);
	cr_expect(!there("dpdk/p"));
	cr_expect(!there("dpdk/q"));
}

Test(runtime, what_a_killed_weir_left_is_taken_over)
{
	make_directory("dpdk");
	make_directory("dpdk/p");
	leave_file("dpdk/p/weir.lock");
	leave_file("dpdk/p/config");
	close(listen_at("dpdk/p/dpdk_telemetry.v2")); /* nobody answers there any more */
	cr_assert_eq(runtime_claim(&runtime, "p", &error), 0, "%s", error.text);
	runtime_note(&runtime);
	runtime_release(&runtime);
	cr_expect(!there("dpdk/p"));
}

Test(runtime, what_others_left_or_bring_stays)
{
	char new[128];

	make_directory("dpdk");
	make_directory("dpdk/p");
	leave_file("dpdk/p/config");
	cr_assert_eq(runtime_claim(&runtime, "p", &error), 0, "%s", error.text);
	leave_file("dpdk/p/ours");
	leave_file("dpdk/p/replaced");
	runtime_note(&runtime);
	leave_file("dpdk/p/later");
	leave_file("dpdk/p/new"); /* takes the place, not the inode */
	strcpy(new, path("dpdk/p/new"));
	cr_assert_eq(rename(new, path("dpdk/p/replaced")), 0);
	runtime_release(&runtime);
	cr_expect(there("dpdk/p/config"));
	cr_expect(there("dpdk/p/later"));
	cr_expect(there("dpdk/p/replaced"));
	cr_expect(!there("dpdk/p/ours"));
	cr_expect(!there("dpdk/p/weir.lock"));
}

Test(runtime, a_dpdk_program_that_listens_is_left_alone)
{
	int listener;

	make_directory("dpdk");
	make_directory("dpdk/p");
	listener = listen_at("dpdk/p/dpdk_telemetry.v2");
	cr_expect_eq(runtime_claim(&runtime, "p", &error), -EBUSY);
	cr_expect_not_null(strstr(error.text, "another DPDK program"));
	cr_expect(there("dpdk/p/dpdk_telemetry.v2"));
	cr_expect(!there("dpdk/p/weir.lock"));
	close(listener);
}

Test(runtime, a_dpdk_program_with_its_configuration_is_left_alone)
{
	int ready[2];
	pid_t other;

	make_directory("dpdk");
	make_directory("dpdk/p");
	cr_assert_eq(pipe(ready), 0);
	other = fork();
	if (other == 0) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 8};
		int result = fcntl(make_file("dpdk/p/config"), F_SETLK, &lock);

		if (result == 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	cr_assert_eq(read(ready[0], (char[1]){0}, 1), 1);
	cr_expect_eq(runtime_claim(&runtime, "p", &error), -EBUSY);
	cr_expect(there("dpdk/p/config"));
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	cr_assert_eq(runtime_claim(&runtime, "p", &error), 0, "%s", error.text);
	runtime_release(&runtime);
	cr_expect(there("dpdk/p/config"));
}

Test(runtime, links_are_not_followed)
{
	char target[128];

	make_directory("stranger");
	leave_file("stranger/file");
	strcpy(target, path("stranger"));
	cr_assert_eq(symlink(target, path("dpdk")), 0);
	cr_expect_eq(runtime_claim(&runtime, "p", &error), -ENOTDIR, "%s", error.text);
	cr_expect(!there("stranger/p"));
	unlink(path("dpdk"));
	make_directory("dpdk");
	cr_assert_eq(symlink(target, path("dpdk/p")), 0);
	cr_expect_eq(runtime_claim(&runtime, "p", &error), -ENOTDIR, "%s", error.text);
	cr_expect(!there("stranger/weir.lock"));
	cr_assert_eq(symlink(target, path("dpdk/weir-read-1")), 0);
	leave_file("stranger/weir.lock");
	runtime_remove_stale();
	cr_expect(there("stranger/file"));
	cr_expect(there("stranger/weir.lock"));
}

Test(runtime, others_cannot_write_to_it)
{
	struct stat status;

	make_directory("dpdk");
	make_directory("dpdk/p");
	chmod(path("dpdk"), 0777);
	chmod(path("dpdk/p"), 0777);
	cr_assert_eq(runtime_claim(&runtime, "p", &error), 0, "%s", error.text);
	cr_expect_eq(stat(path("dpdk"), &status) == 0 ? status.st_mode & 022 : 1, 0);
	cr_expect_eq(stat(path("dpdk/p"), &status) == 0 ? status.st_mode & 022 : 1, 0);
	runtime_release(&runtime);
}

Test(runtime, only_dead_readers_are_removed)
{
	int lock;

	make_directory("dpdk");
	make_directory("dpdk/weir-read-1"); /* killed */
	leave_file("dpdk/weir-read-1/weir.lock");
	leave_file("dpdk/weir-read-1/config");
	make_directory("dpdk/weir-read-2"); /* killed before it had the lock */
	make_directory("dpdk/weir-read-3"); /* alive */
	lock = make_file("dpdk/weir-read-3/weir.lock");
	cr_assert_eq(flock(lock, LOCK_EX), 0);
	make_directory("dpdk/weir-read-4"); /* not a weir's */
	leave_file("dpdk/weir-read-4/config");
	make_directory("dpdk/live"); /* its own next start cleans up */
	leave_file("dpdk/live/weir.lock");
	runtime_remove_stale();
	cr_expect(!there("dpdk/weir-read-1"));
	cr_expect(!there("dpdk/weir-read-2"));
	cr_expect(there("dpdk/weir-read-3/weir.lock"));
	cr_expect(there("dpdk/weir-read-4/config"));
	cr_expect(there("dpdk/live/weir.lock"));
	close(lock);
}

Test(runtime, no_base)
{
	setenv("RUNTIME_DIRECTORY", "/nowhere", 1);
	cr_expect_eq(runtime_claim(&runtime, "p", &error), -ENOENT);
	cr_expect_not_null(strstr(error.text, "/nowhere"));
	cr_expect_eq(runtime_open_parent(runtime_base(), &error), -ENOENT);
	setenv("RUNTIME_DIRECTORY", base, 1);
}
