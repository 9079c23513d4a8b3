/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/signals.h>

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stddef.h>
#include <unistd.h>

#include <weir/clock.h>

/* All atomic: whichever thread the kernel takes for a signal (the main one, if it can). */
static uint64_t stop_since; /* monotonic ns; 0: not asked for */
static bool reopen, report;

static void on_stop(int number)
{
	uint64_t now = clock_monotonic_ns(), first = 0;

	if (__atomic_compare_exchange_n(&stop_since, &first, now, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE) ||
	    now - first < CLOCK_SECOND)
		return;
	signal(number, SIG_DFL);
	raise(number); /* comes when this handler has returned */
}

static void on_reopen(int number)
{
	(void)number;
	__atomic_store_n(&reopen, true, __ATOMIC_RELEASE);
}

static void on_report(int number)
{
	(void)number;
	__atomic_store_n(&report, true, __ATOMIC_RELEASE);
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	sigaction(number, &action, NULL);
}

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Asked at start: a terminal that has hung up cannot be opened any more. */
static bool has_terminal(void)
{
	int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (terminal < 0)
		return false;
	close(terminal);
	return true;
}

void signals_catch_stop(void)
{
	handle(SIGINT, on_stop);
	handle(SIGTERM, on_stop);
}

void signals_catch_all(void)
{
	signals_catch_stop();
	handle(SIGUSR1, on_report);
	if (!is_ignored(SIGHUP))
		handle(SIGHUP, has_terminal() ? on_stop : on_reopen);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void signals_end_by_pipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

bool signals_stop(void)
{
	return __atomic_load_n(&stop_since, __ATOMIC_ACQUIRE) != 0;
}

bool signals_take_reopen(void)
{
	return __atomic_exchange_n(&reopen, false, __ATOMIC_ACQ_REL);
}

bool signals_take_report(void)
{
	return __atomic_exchange_n(&report, false, __ATOMIC_ACQ_REL);
}

int signals_start_thread(pthread_t *thread, void *(*main)(void *argument), void *argument)
{
	sigset_t most, before;
	int result;

	sigfillset(&most);
	sigdelset(&most, SIGURG);
	pthread_sigmask(SIG_SETMASK, &most, &before);
	result = pthread_create(thread, NULL, main, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -result;
}
