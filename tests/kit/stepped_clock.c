/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * To be preloaded: the wall clock of one process, set by as many seconds as the file STEPPED_CLOCK
 * says. All else is the kernel's. So a test sets a clock and nobody else's goes wrong.
 */

int clock_gettime(clockid_t id, struct timespec *now);

static long offset(void)
{
	char text[32] = "";
	const char *path = getenv("STEPPED_CLOCK");
	int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (file < 0)
		return 0;
	(void)!read(file, text, sizeof(text) - 1);
	close(file);
	return atol(text);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, id, now);

	if (result == 0 && id == CLOCK_REALTIME)
		now->tv_sec += offset();
	return result;
}
