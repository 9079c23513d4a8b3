/* SPDX-License-Identifier: BSD-3-Clause */
#include "outlet_state.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/memory.h>

const char *outlet_name(const char *path)
{
	return strcmp(path, OUTLET_STDOUT) == 0   ? "standard output"
	       : strcmp(path, OUTLET_STDERR) == 0 ? "standard error"
						  : path;
}

void outlet_wait(struct outlet *outlet, uint64_t ns)
{
	uint64_t until = clock_monotonic_ns() + ns;
	const struct timespec time = {(time_t)(until / CLOCK_SECOND), (long)(until % CLOCK_SECOND)};

	pthread_cond_timedwait(&outlet->changed, &outlet->mutex, &time);
}

enum outlet_patience outlet_patience(const struct outlet *outlet)
{
	return __atomic_load_n(&outlet->settings.patience, __ATOMIC_RELAXED);
}

void outlet_set_patience(struct outlet *outlet, enum outlet_patience patience)
{
	__atomic_store_n(&outlet->settings.patience, patience, __ATOMIC_RELAXED);
}

/* ---- making and freeing ---- */

static int start_thread(struct outlet *outlet)
{
	pthread_condattr_t attributes;
	int code;

	outlet->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (outlet->wake < 0)
		return errno;
	pthread_mutex_init(&outlet->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&outlet->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	/* Signals are not blocked in it: by one of them it gives up its capabilities. */
	code = pthread_create(&outlet->thread, NULL, outlet_main, outlet);
	if (code == 0)
		return 0;
	pthread_cond_destroy(&outlet->changed);
	pthread_mutex_destroy(&outlet->mutex);
	close(outlet->wake);
	return code;
}

/* Now, by the clock that dates files, which may be some ms behind. */
static uint64_t file_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

int outlet_open(const struct outlet_settings *settings, struct outlet **made, struct error *error)
{
	struct outlet *outlet = memory_allocate_sparse(sizeof(*outlet));
	int result;

	*made = NULL;
	if (outlet == NULL)
		return error_set(error, ENOMEM, "%s: no memory for its buffers; free some",
				 outlet_name(settings->path));
	outlet->settings = *settings;
	outlet->since = file_time();
	outlet->slot_width = settings->dated && settings->rotate > 0 ? 0 : UINT64_MAX;
	outlet_begin_batch(outlet);
	result = outlet_begin(outlet, error);
	if (result != 0) {
		memory_free(outlet, sizeof(*outlet));
		return result;
	}
	result = -start_thread(outlet);
	if (result != 0) {
		output_file_close(&outlet->file);
		memory_free(outlet, sizeof(*outlet));
		return error_set(error, -result,
				 "%s: cannot be written in the background: %s; free some "
				 "memory",
				 outlet_name(settings->path), strerror(-result));
	}
	*made = outlet;
	return 0;
}

void outlet_free(struct outlet *outlet)
{
	if (outlet == NULL)
		return;
	if (!outlet->finished)
		outlet_finish(outlet, NULL);
	if (!outlet->ended)
		return; /* a thread that hangs in the kernel keeps what it works with */
	pthread_cond_destroy(&outlet->changed);
	pthread_mutex_destroy(&outlet->mutex);
	close(outlet->wake);
	memory_free(outlet, sizeof(*outlet));
}

void outlet_reopen(struct outlet *outlet)
{
	pthread_mutex_lock(&outlet->mutex);
	outlet->reopen = true;
	pthread_cond_broadcast(&outlet->changed);
	pthread_mutex_unlock(&outlet->mutex);
}

bool outlet_left_alone(const struct outlet *outlet)
{
	return __atomic_load_n(&outlet->left_alone, __ATOMIC_ACQUIRE);
}

void outlet_ledger(struct outlet *outlet, struct outlet_ledger *ledger)
{
	pthread_mutex_lock(&outlet->mutex);
	*ledger = (struct outlet_ledger){
		.option = outlet->settings.option,
		.name = outlet_name(outlet->settings.path),
		.what = outlet->settings.what,
		.given = outlet->given,
		.sent = outlet->sent,
		.lost_full = outlet->lost_full,
		.failure = outlet->failure,
	};
	*(outlet->closed ? &ledger->lost_remote : &ledger->waiting) =
		outlet->given - outlet->sent - outlet->lost_full;
	pthread_mutex_unlock(&outlet->mutex);
}

/* ---- the end ---- */

bool outlet_hurried(const struct outlet *outlet)
{
	return outlet_patience(outlet) == OUTLET_BRIEFLY ||
	       (outlet->settings.hurry != NULL && outlet->settings.hurry());
}

/* As long as batches leave it is waited for; false: the thread has not ended. The mutex is held. */
static bool wait_for_end(struct outlet *outlet)
{
	uint64_t since = clock_monotonic_ns(), emptied = outlet->emptied;
	bool gave_up = outlet->given_up;

	while (!outlet->ended) {
		uint64_t now = clock_monotonic_ns();

		if (!outlet_hurried(outlet) || emptied != outlet->emptied)
			since = now;
		emptied = outlet->emptied;
		if (gave_up || now - since >= OUTLET_BRIEF) {
			if (outlet->abandoned)
				return false;
			outlet->abandoned = true;
			gave_up = false;
			since = now;
			(void)!write(outlet->wake, &(uint64_t){1}, sizeof(uint64_t));
		}
		outlet_wait(outlet, OUTLET_LOOK);
	}
	return true;
}

static int say_lost(const struct outlet_ledger *ledger, struct error *error)
{
	bool stalled = ledger->failure == 0 || ledger->failure == ENXIO;
	bool reader = stalled || ledger->failure == EPIPE;
	char in[32], out[32];

	return error_set(error, stalled ? EIO : ledger->failure,
			 "%s: %s; %s %s were written, %s were not: %s", ledger->name,
			 stalled ? "nobody read it, or too slowly" : strerror(ledger->failure),
			 format_count(in, sizeof(in), ledger->sent), ledger->what,
			 format_count(out, sizeof(out), ledger->given - ledger->sent),
			 reader ? "see to its reader, or choose a file"
				: "make room or choose another file");
}

int outlet_finish(struct outlet *outlet, struct error *error)
{
	struct outlet_ledger ledger;

	outlet->finished = true;
	if (outlet->items > 0 && !outlet_next_batch(outlet)) {
		pthread_mutex_lock(&outlet->mutex);
		outlet->given += outlet->items;
		outlet->lost_full += outlet->items;
		pthread_mutex_unlock(&outlet->mutex);
	}
	pthread_mutex_lock(&outlet->mutex);
	outlet->ending = true;
	pthread_cond_broadcast(&outlet->changed);
	bool ended = wait_for_end(outlet);

	outlet->closed = true;
	pthread_mutex_unlock(&outlet->mutex);
	if (ended)
		pthread_join(outlet->thread, NULL);
	else
		pthread_detach(outlet->thread);
	outlet_ledger(outlet, &ledger);
	if (outlet_left_alone(outlet)) /* it needs no line */
		return 0;
	if (ledger.given == ledger.sent && (ledger.failure == 0 || ledger.failure == ENXIO))
		return 0;
	return say_lost(&ledger, error);
}
