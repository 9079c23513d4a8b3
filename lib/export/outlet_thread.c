/* SPDX-License-Identifier: BSD-3-Clause */
/* What the outlet's thread does: send what is there, try again what failed, look around. */
#include "outlet_state.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include <weir/clock.h>
#include <weir/log.h>

/* How long to leave alone what failed, at first, and a FIFO that nobody reads yet. */
#define RETRY     CLOCK_SECOND
#define NO_READER (100 * CLOCK_MILLISECOND)
/* How often an encoder is asked for messages of its own. */
#define ASK     CLOCK_SECOND
#define FOREVER (UINT64_C(1000000) * CLOCK_SECOND)

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static bool is_idle(const struct outlet *outlet)
{
	return outlet->taken == __atomic_load_n(&outlet->filled, __ATOMIC_ACQUIRE);
}

static bool is_failing(const struct outlet *outlet)
{
	return outlet->failure != 0;
}

/* ---- what goes wrong, and well again ---- */

/* Those who are not waited for, or not for long, are complained of at once; others at the end. */
static bool complains(const struct outlet *outlet)
{
	return outlet_patience(outlet) == OUTLET_NEVER || outlet->sender.mends_within > 0;
}

/* Said once, until it is over. */
static void note_trouble(struct outlet *outlet, int code, const struct error *error)
{
	if (code == ENXIO || code == ECANCELED)
		return;
	if (code == EPIPE && outlet->settings.ends_with_reader) {
		__atomic_store_n(&outlet->left_alone, true, __ATOMIC_RELEASE);
		return;
	}
	if (!outlet->troubled && complains(outlet))
		log_warning("%s", error->text);
	outlet->troubled = true;
}

/*
 * Over is what is well for as long as it was left alone at last: who takes connections, and ends
 * them, is no better than who takes none.
 */
static void note_success(struct outlet *outlet)
{
	if (!outlet->troubled)
		return;
	if (outlet->well == 0)
		outlet->well = clock_monotonic_ns();
	if (outlet->sender.retry_most > 0 && clock_monotonic_ns() - outlet->well < outlet->delay)
		return;
	if (complains(outlet))
		log_warning("%s: can be written to again", outlet->settings.name);
	outlet->troubled = false;
	outlet->delay = 0;
}

static uint64_t next_delay(const struct outlet *outlet, uint64_t now)
{
	uint64_t most = outlet->sender.retry_most, twice = 2 * outlet->delay;

	if (outlet->failure == ENXIO)
		return NO_READER;
	if (most == 0 || twice == 0)
		return RETRY;
	twice = twice < most ? twice : most;
	return twice - now % (twice / 4); /* many that lost the same do not come at once */
}

static void note_result(struct outlet *outlet, int code, const struct error *error)
{
	uint64_t now;

	if (code == ECANCELED)
		return;
	if (code == 0) {
		__atomic_store_n(&outlet->failure, 0, __ATOMIC_RELAXED);
		note_success(outlet);
		return;
	}
	now = clock_monotonic_ns();
	if (!is_failing(outlet))
		__atomic_store_n(&outlet->failed, now, __ATOMIC_RELAXED);
	__atomic_store_n(&outlet->failure, code, __ATOMIC_RELEASE);
	note_trouble(outlet, code, error);
	outlet->well = 0;
	outlet->delay = next_delay(outlet, now);
	outlet->again = now + outlet->delay;
}

/* ---- sending ---- */

/* What became of the message since `before`. Both are the thread's alone to write. */
static void count(struct outlet *outlet, const struct message *before)
{
	const struct message *message = &outlet->message;

	__atomic_store_n(&outlet->sent, outlet->sent + message->sent - before->sent,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&outlet->lost, outlet->lost + message->lost - before->lost,
			 __ATOMIC_RELEASE);
	/* A sender that only tries has moved nothing. */
	if (message->done != before->done || message->sent != before->sent)
		__atomic_store_n(&outlet->moved, outlet->moved + 1, __ATOMIC_RELAXED);
}

static int send_some(struct outlet *outlet, struct error *error)
{
	struct message *message = &outlet->message;
	const struct message before = *message;
	int code = outlet->sender.send(outlet->sender.context, message, outlet->wake, error);

	if (code == 0 && message->done == message->size)
		message->sent = message->items - message->lost;
	count(outlet, &before);
	return code;
}

/* The message that is whole. 0, ERESTART, or why it is not sent, which is noted. */
static int send_message(struct outlet *outlet)
{
	const struct message *message = &outlet->message;
	struct error error = {0};
	int code;

	do {
		code = send_some(outlet, &error);
	} while (code == 0 && message->done < message->size);
	if (code != ERESTART)
		note_result(outlet, code, &error);
	return code;
}

/* There is a message to be sent, of the encoder's own first. */
static bool have_message(struct outlet *outlet)
{
	bool begun = outlet->message.items > 0;

	if (!outlet->whole && !begun && outlet->encoder.due != NULL)
		outlet->whole = outlet_own(outlet, outlet->encoder.due);
	if (!outlet->whole && !is_idle(outlet))
		outlet->whole = outlet_fill(outlet);
	return outlet->whole;
}

/* False: there is nothing to be sent, or that failed. */
static bool work(struct outlet *outlet)
{
	if (!have_message(outlet))
		return false;
	int code = send_message(outlet);

	if (code == 0)
		outlet_leave(outlet);
	else if (code == ERESTART)
		outlet_restart(outlet);
	outlet->whole = code != 0 && code != ERESTART;
	return !outlet->whole;
}

/* What is to be said at the end. A connection that breaks then is made anew once. */
static void send_last(struct outlet *outlet)
{
	unsigned int restarts = 0;
	int code = 0;

	while ((code == 0 || (code == ERESTART && restarts++ < 2)) &&
	       outlet_own(outlet, outlet->encoder.last)) {
		code = send_message(outlet);
		if (code == 0)
			outlet_leave(outlet);
		else if (code == ERESTART)
			outlet_restart(outlet);
	}
}

/* ---- the loop ---- */

/* Whether there is any use in trying again. */
static bool is_over(const struct outlet *outlet)
{
	if (is_set(&outlet->abandoned) || outlet->left_alone)
		return true;
	if (!is_set(&outlet->ending))
		return false;
	return is_idle(outlet) || (outlet->tried && outlet_is_broken(outlet));
}

static bool is_disturbed(const struct outlet *outlet)
{
	return is_set(&outlet->reopen) || is_set(&outlet->abandoned) ||
	       (is_set(&outlet->ending) && (!outlet->tried || is_idle(outlet)));
}

/* There are records, or texts, that are in no message yet. */
static bool has_new(const struct outlet *outlet)
{
	return outlet->next.place != __atomic_load_n(&outlet->filled, __ATOMIC_ACQUIRE);
}

static uint64_t least(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* When there will be something to do, if nothing happens before. */
static uint64_t next_time(const struct outlet *outlet, uint64_t now)
{
	uint64_t time = now + FOREVER;

	if (is_idle(outlet) && outlet->sender.look != NULL)
		time = least(time, outlet->looks);
	if (is_idle(outlet) && outlet->encoder.due != NULL)
		time = least(time, outlet->asks);
	if (outlet->message.items > 0 && !outlet->whole)
		time = least(time, outlet->begun + outlet->settings.linger);
	if (outlet->whole || has_new(outlet))
		time = least(time, now);
	return is_failing(outlet) && outlet->again > time ? outlet->again : time;
}

static void rest(struct outlet *outlet)
{
	uint64_t now = clock_monotonic_ns(), until;

	for (; now < (until = next_time(outlet, now)) && !is_disturbed(outlet);
	     now = clock_monotonic_ns()) {
		const struct timespec time = {(time_t)(until / CLOCK_SECOND),
					      (long)(until % CLOCK_SECOND)};

		sem_clockwait(&outlet->changed, CLOCK_MONOTONIC, &time);
	}
}

static void look_around(struct outlet *outlet)
{
	const struct sender *sender = &outlet->sender;

	if (__atomic_exchange_n(&outlet->reopen, false, __ATOMIC_ACQUIRE) && sender->reopen != NULL)
		sender->reopen(sender->context);
	if (!is_idle(outlet))
		return;
	if (sender->look != NULL)
		outlet->looks = clock_monotonic_ns() + sender->look(sender->context);
	if (outlet->encoder.due == NULL || clock_monotonic_ns() < outlet->asks)
		return;
	while (is_idle(outlet) && !is_failing(outlet) && work(outlet))
		;
	outlet->asks = clock_monotonic_ns() + ASK;
}

static void end(struct outlet *outlet)
{
	int late;

	if (outlet->encoder.last != NULL && is_idle(outlet) && !is_set(&outlet->abandoned))
		send_last(outlet);
	outlet_drop(outlet);
	late = outlet->sender.close(outlet->sender.context);
	if (!is_failing(outlet))
		__atomic_store_n(&outlet->failure, late, __ATOMIC_RELAXED);
	if (outlet->encoder.close != NULL)
		outlet->encoder.close(outlet->encoder.context);
}

void *outlet_main(void *argument)
{
	struct outlet *outlet = argument;

	prctl(PR_SET_NAME, "weir-outlet");
	while (!is_over(outlet)) {
		look_around(outlet);
		outlet->tried = is_set(&outlet->ending);
		if (!is_idle(outlet) || outlet->whole)
			work(outlet);
		if (!is_over(outlet))
			rest(outlet);
	}
	end(outlet);
	__atomic_store_n(&outlet->ended, true, __ATOMIC_RELEASE);
	sem_post(&outlet->done);
	return NULL;
}
