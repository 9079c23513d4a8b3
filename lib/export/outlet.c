/* SPDX-License-Identifier: BSD-3-Clause */
#include "outlet_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/memory.h>

/* ---- making and freeing ---- */

static int start_thread(struct outlet *outlet)
{
	int code;

	outlet->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (outlet->wake < 0)
		return errno;
	sem_init(&outlet->changed, 0, 0);
	sem_init(&outlet->done, 0, 0);
	/* Signals are not blocked in it: by one of them it gives up its capabilities. */
	code = pthread_create(&outlet->thread, NULL, outlet_main, outlet);
	if (code != 0)
		close(outlet->wake);
	return code;
}

static size_t buffer_bytes(const struct outlet_settings *settings)
{
	return settings->encoder != NULL ? settings->encoder->message : 0;
}

static void free_memory(struct outlet *outlet)
{
	memory_free(outlet->buffer, buffer_bytes(&outlet->settings));
	free(outlet->places);
	free(outlet);
}

static struct outlet *allocate(const struct outlet_settings *settings)
{
	struct outlet *outlet = aligned_alloc(64, sizeof(*outlet));

	if (outlet == NULL)
		return NULL;
	memset(outlet, 0, sizeof(*outlet));
	outlet->settings = *settings;
	if (settings->encoder != NULL) {
		outlet->encoder = *settings->encoder;
		outlet->settings.encoder = &outlet->encoder; /* that of others may be gone soon */
	}
	outlet->places = calloc(settings->queue, sizeof(*outlet->places));
	if (settings->encoder != NULL)
		outlet->buffer = memory_allocate_sparse(buffer_bytes(settings));
	if (outlet->places != NULL && (outlet->buffer != NULL || settings->encoder == NULL))
		return outlet;
	free_memory(outlet);
	return NULL;
}

static void close_parts(const struct outlet_settings *settings, const struct sender *sender)
{
	sender->close(sender->context);
	if (settings->encoder != NULL && settings->encoder->close != NULL)
		settings->encoder->close(settings->encoder->context);
}

int outlet_open(const struct outlet_settings *settings, const struct sender *sender,
		struct outlet **made, struct error *error)
{
	struct outlet *outlet = allocate(settings);
	int code;

	*made = NULL;
	if (outlet == NULL) {
		close_parts(settings, sender);
		return error_set(error, ENOMEM, "%s: no memory for its buffers; free some",
				 settings->name);
	}
	outlet->sender = *sender;
	code = start_thread(outlet);
	if (code != 0) {
		free_memory(outlet);
		close_parts(settings, sender);
		return error_set(error, code,
				 "%s: cannot be written in the background: %s; free some memory",
				 settings->name, strerror(code));
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
	if (!__atomic_load_n(&outlet->ended, __ATOMIC_ACQUIRE))
		return; /* a thread that hangs in the kernel keeps what it works with */
	sem_destroy(&outlet->changed);
	sem_destroy(&outlet->done);
	close(outlet->wake);
	free_memory(outlet);
}

/* ---- the end; the giver ---- */

static bool has_failed(const struct outlet_ledger *ledger)
{
	return ledger->failure != 0 && ledger->failure != ENXIO;
}

static int say_lost(const struct outlet *outlet, const struct outlet_ledger *ledger,
		    struct error *error)
{
	bool failed = has_failed(ledger);
	const char *help = outlet->sender.mends_within > 0 ? "see to what takes them there"
			   : failed && ledger->failure != EPIPE
				   ? "make room or choose another file"
				   : "see to its reader, or choose a file";
	char in[32], out[32];

	return error_set(error, failed ? ledger->failure : EIO,
			 "%s: %s; %s %s were written, %s were not: %s", ledger->name,
			 failed ? error_words(ledger->failure) : "nobody read it, or too slowly",
			 format_count(in, sizeof(in), ledger->sent), ledger->what,
			 format_count(out, sizeof(out), ledger->given - ledger->sent), help);
}

int outlet_finish(struct outlet *outlet, struct error *error)
{
	struct outlet_ledger ledger;

	outlet_end(outlet);
	while (!outlet_ended(outlet, OUTLET_LOOK))
		;
	if (!outlet->finished && __atomic_load_n(&outlet->ended, __ATOMIC_ACQUIRE))
		pthread_join(outlet->thread, NULL);
	else if (!outlet->finished)
		pthread_detach(outlet->thread);
	outlet->finished = true;
	__atomic_store_n(&outlet->closed, true, __ATOMIC_RELEASE);
	outlet_ledger(outlet, &ledger);
	if (outlet_left_alone(outlet)) /* it needs no line */
		return 0;
	uint64_t forgiven = outlet->sender.spectators ? outlet->lost : 0;

	/* Of a file that is no good to the end; not of a connection without which all was sent. */
	if (ledger.given == ledger.sent + forgiven &&
	    (outlet->sender.mends_within > 0 || !has_failed(&ledger)))
		return 0;
	return say_lost(outlet, &ledger, error);
}
