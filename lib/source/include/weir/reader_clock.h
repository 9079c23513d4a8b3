/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_READER_CLOCK_H
#define WEIR_READER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The clock that the timeouts of a capture run by. A frame's time is its date, and dates may be
 * wrong: one frame of 2038 among those of today, a clock that was set while the capture ran, two
 * interfaces with clocks of their own. The clock never goes back.
 *
 * A frame within 10 s of the clock moves it on, or finds it standing still: captures of several
 * interfaces are out of order by as much. Any other frame waits for the next 16 to judge it:
 *
 *   ahead of the clock	   wild, if one of them comes back before it; else time has passed, or was
 *			   set forward, and the clock follows
 *   behind the clock	   wild, if one of them leaps back to the clock; else time was set back, and
 *			   the clock goes on from where it stands
 *
 * A wild frame leaves the clock as it is. What was set is remembered once, so two clocks in turns
 * do not move it each time. All times in ns; those since 1970 are any 64 bits. Nothing in here
 * allocates or asks for the time; one thread.
 */

#define READER_CLOCK_AHEAD   16 /* frames that judge another */
#define READER_CLOCK_WAITING (READER_CLOCK_AHEAD + 1)

enum reader_clock_event {
	READER_CLOCK_WILD, /* a frame whose time fits neither what came before nor what follows */
	READER_CLOCK_BACK, /* from this frame on time is an earlier one */
	READER_CLOCK_FORWARD, /* ... is more than a day later: nothing came, or a clock was set */
	READER_CLOCK_EVENTS
};

/* A frame's place in the captures; the first frame of a file is 1. */
struct reader_clock_place {
	uint64_t frame;
	unsigned int file;
};

/* How often there was such an event, and the first one: the time before it and the frame's own. */
struct reader_clock_note {
	uint64_t count;
	struct reader_clock_place place;
	uint64_t from, to;
};

struct reader_clock_frame {
	uint64_t time;
	struct reader_clock_place place;
};

/* All 0 is the clock before the first frame. */
struct reader_clock {
	uint64_t now;      /* the clock: of the last frame that has one */
	uint64_t earliest; /* by the clock: of the earliest frame that is not wild */
	struct reader_clock_note notes[READER_CLOCK_EVENTS];
	/* private: */
	uint64_t reach;      /* how far around `now` a frame needs no judging; 0: all of them do */
	uint64_t base;       /* clock = time + base, modulo 2^64 */
	uint64_t other_base; /* ... before time was set back */
	uint64_t wild_ahead; /* the last wild frame ahead was so far ahead */
	uint64_t pace;       /* the last frame was so far ahead; 0: near */
	bool started;
	unsigned int waiting;
	struct reader_clock_frame frames[READER_CLOCK_WAITING]; /* in order, the oldest first */
};

#define READER_CLOCK_NEAR (UINT64_C(10) * 1000000000)

/* A frame is near the clock by `base`: move on. */
static inline bool reader_clock_near(struct reader_clock *clock, uint64_t base, uint64_t time,
				     uint64_t reach)
{
	uint64_t at = time + base;

	if (at - clock->now + READER_CLOCK_NEAR >= reach)
		return false;
	if (at > clock->now)
		clock->now = at;
	else if (at < clock->earliest)
		clock->earliest = at;
	return true;
}

/* The next frame: true if its clock is `now`, as nearly always. Else it has to wait. */
static inline bool reader_clock_follow(struct reader_clock *clock, uint64_t time)
{
	return reader_clock_near(clock, clock->base, time, clock->reach);
}

/* A frame that reader_clock_follow() refused waits, and all that come until it is judged. */
void reader_clock_wait(struct reader_clock *clock, uint64_t time, struct reader_clock_place place);

/*
 * True: the oldest waiting frame waits no longer, its clock is `now`. To be called until false
 * after each reader_clock_wait(); at the end of all captures with `last`, and then none is left.
 */
bool reader_clock_judge(struct reader_clock *clock, bool last);

#endif
