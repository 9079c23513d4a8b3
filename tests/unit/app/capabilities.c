/* SPDX-License-Identifier: BSD-3-Clause */
/* All threads give up their capabilities, also those that start, end, or get to it late. Needs
 * root. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../app/weir/capabilities.h"

#define CHAINS          8
#define BIT(capability) (UINT64_C(1) << (capability))

static bool stop;

static void block(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* A thread whose only work is to start the next one and end. */
static void *link_of_chain(void *nothing)
{
	pthread_t next;

	usleep(rand() % 300);
	if (!__atomic_load_n(&stop, __ATOMIC_RELAXED) &&
	    pthread_create(&next, NULL, link_of_chain, nothing) == 0)
		pthread_detach(next);
	return NULL;
}

/* As one that gets no CPU: what it is asked waits for more than the second that was once the limit.
 */
static void *late(void *nothing)
{
	sigset_t set;

	usleep(1500000);
	sigemptyset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		usleep(1000);
	return nothing;
}

static uint64_t mask_of(const char *thread, const char *name)
{
	char path[300], line[256];
	unsigned long long mask = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			sscanf(line + strlen(name), " %llx", &mask);
	if (file != NULL) /* else it has ended */
		fclose(file);
	return mask;
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* In a process without Criterion's own threads, which have all signals blocked. */
static void drop_and_check(void)
{
	const char *entry_name;
	const struct dirent *entry;
	struct error error = {0};
	pthread_t one, slow;
	char main_thread[16];
	DIR *directory;

	for (int i = 0; i < CHAINS; i++) {
		CHECK(pthread_create(&one, NULL, link_of_chain, NULL) == 0);
		pthread_detach(one);
	}
	block(SIGURG); /* inherited */
	CHECK(pthread_create(&slow, NULL, late, NULL) == 0);
	CHECK(capabilities_drop(BIT(CAP_BPF), BIT(CAP_NET_ADMIN), &error) == 0);
	snprintf(main_thread, sizeof(main_thread), "%d", (int)getpid());
	directory = opendir("/proc/self/task");
	while ((entry = readdir(directory)) != NULL) {
		entry_name = entry->d_name;
		if (atoi(entry_name) > 0 && strcmp(entry_name, main_thread) != 0)
			CHECK((mask_of(entry_name, "CapPrm:") & ~BIT(CAP_BPF)) == 0);
	}
	closedir(directory);
	CHECK(mask_of(main_thread, "CapEff:") == BIT(CAP_BPF));
	capabilities_take_up();
	CHECK(mask_of(main_thread, "CapEff:") == (BIT(CAP_BPF) | BIT(CAP_NET_ADMIN)));
	_exit(0);
}

Test(capabilities, of_threads_that_start_and_end_and_of_a_late_one, .timeout = 60)
{
	pid_t child;
	int status = -1;

	if (geteuid() != 0)
		cr_skip_test("needs root: an ordinary user's threads have no capabilities");
	child = fork();
	if (child == 0)
		drop_and_check();
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
}
