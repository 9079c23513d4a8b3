/* SPDX-License-Identifier: BSD-3-Clause */
#include "capabilities.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weir/clock.h>

/* By default it does nothing, so one that comes late does no harm. */
#define SIGNAL SIGURG

/* A thread that gets no CPU for long, on a machine with too much to do, must not end weir. */
#define DEADLINE (10 * CLOCK_SECOND)
#define PAUSE_US 1000

void capabilities_no_new(void)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* ---- one thread ---- */

struct sets {
	uint64_t effective, permitted;
};

/* Of any thread of this process. */
static int get_sets(pid_t thread, struct sets *sets)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, thread};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) != 0)
		return -errno;
	sets->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	sets->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

/* Of the calling thread; what it has not got is left out. Async-signal-safe. */
static void set_sets(struct sets wanted)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
	struct sets now = {0};

	if (get_sets(0, &now) != 0)
		return;
	wanted.permitted &= now.permitted;
	wanted.effective &= now.permitted;
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = (uint32_t)(wanted.effective >> (32 * i));
		data[i].permitted = (uint32_t)(wanted.permitted >> (32 * i));
	}
	(void)syscall(SYS_capset, &header, data);
}

/* ---- all threads ---- */

static uint64_t others_keep; /* set before the first signal */

static void on_signal(int number)
{
	int saved = errno;

	(void)number;
	set_sets((struct sets){others_keep, others_keep});
	errno = saved;
}

/* Has `thread` ended? Until it is taken off the list its capabilities can be read. */
static bool has_ended(pid_t thread)
{
	char path[40], status[160], *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	file = fopen(path, "re");
	if (file == NULL)
		return true;
	state = fgets(status, sizeof(status), file);
	fclose(file);
	if (state != NULL)
		state = strrchr(status, ')'); /* the name before it may hold anything */
	return state == NULL || strchr("ZXx", state[2]) != NULL;
}

/* Ask every other thread that has more than it shall. How many those were, or negative errno. */
static int ask_threads(void)
{
	DIR *directory = opendir("/proc/self/task");
	const struct dirent *entry;
	int asked = 0;

	if (directory == NULL)
		return -errno;
	while ((entry = readdir(directory)) != NULL) {
		pid_t thread = atoi(entry->d_name);
		struct sets sets = {0};

		if (thread <= 0 || thread == gettid() || get_sets(thread, &sets) != 0 ||
		    ((sets.permitted | sets.effective) & ~others_keep) == 0 || has_ended(thread))
			continue;
		if (syscall(SYS_tgkill, getpid(), thread, SIGNAL) == 0)
			asked++;
	}
	closedir(directory);
	return asked;
}

/* Until none was to be asked twice: one that was not listed yet may come from one that was. */
static int ask_until_done(void)
{
	uint64_t until = clock_monotonic_ns() + DEADLINE;
	int left, done = 0;

	do {
		left = ask_threads();
		done = left == 0 ? done + 1 : 0;
		if (left > 0)
			usleep(PAUSE_US);
	} while (left >= 0 && done < 2 && clock_monotonic_ns() < until);
	return left;
}

int capabilities_drop(uint64_t running, uint64_t closing, struct error *error)
{
	struct sigaction action = {.sa_handler = on_signal}, before;
	struct sets now = {0};
	int left;

	/* An ordinary user's process, whose threads have none either: nothing to ask them. */
	if (get_sets(0, &now) == 0 && (now.permitted | now.effective) == 0)
		return 0;
	/* First of all: what starts from here on inherits it. */
	set_sets((struct sets){running, running | closing});
	others_keep = running;
	action.sa_flags = (int)SA_RESTART;
	sigaction(SIGNAL, &action, &before);
	left = ask_until_done();
	sigaction(SIGNAL, &before, NULL);
	if (left < 0)
		return error_set(
			error, -left,
			"capabilities: /proc/self/task, which lists threads: %s; mount /proc, or "
			"run as an ordinary user",
			strerror(-left));
	if (left == 0)
		return 0;
	return error_set(error, EPERM,
			 "capabilities: %d threads do not give them up; please report it", left);
}

void capabilities_take_up(void)
{
	struct sets sets = {0};

	if (get_sets(0, &sets) == 0)
		set_sets((struct sets){sets.permitted, sets.permitted});
}
