/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/reader_clock.h>

#include <assert.h>
#include <string.h>

#define NEAR  READER_CLOCK_NEAR
#define REACH (2 * NEAR + 1)
#define DAY   (UINT64_C(86400) * 1000000000)
#define YEAR  (365 * DAY)

enum verdict { UNKNOWN, WILD, LASTING };

void reader_clock_wait(struct reader_clock *clock, uint64_t time, struct reader_clock_place place)
{
	assert(clock->waiting < READER_CLOCK_WAITING);
	clock->frames[clock->waiting++] = (struct reader_clock_frame){time, place};
	clock->reach = 0;
}

/* The oldest waiting frame makes an event. */
static void note(struct reader_clock *clock, enum reader_clock_event event, uint64_t from)
{
	struct reader_clock_note *first = &clock->notes[event];

	if (first->count++ > 0)
		return;
	first->place = clock->frames[0].place;
	first->from = from;
	first->to = clock->frames[0].time;
}

/* Is `a` before `b`, by more than what order in a capture may be out of? */
static bool well_before(uint64_t a, uint64_t b)
{
	return b > a && b - a > NEAR;
}

/*
 * The first frame has nothing before it: it is wild if the next two agree, and it is after both,
 * or so long before them (1970: a clock that was not yet set) that nobody waited for them.
 */
static enum verdict judge_first(const struct reader_clock *clock, bool last)
{
	const struct reader_clock_frame *frames = clock->frames;
	uint64_t first = frames[0].time, next = frames[1].time, third = frames[2].time;

	if (clock->waiting < 3)
		return last ? LASTING : UNKNOWN;
	if (well_before(third, next) || (third > next && third - next > YEAR))
		return LASTING;
	if (well_before(next, first) && well_before(third, first))
		return WILD;
	return next > first && next - first > YEAR ? WILD : LASTING;
}

/*
 * Does the waiting frame `i` say that the oldest one is wild? It goes on from the clock, and so
 * comes back from a frame ahead. From one behind the way back is a leap: where time was set back,
 * it grows to the clock little by little, in few frames if these are rare.
 */
static bool comes_back(const struct reader_clock *clock, uint64_t at, unsigned int i)
{
	uint64_t next = clock->frames[i].time + clock->base;
	uint64_t before = clock->frames[i - 1].time + clock->base;

	if (well_before(next, clock->now))
		return false;
	if (at > clock->now)
		return well_before(next, at);
	return next > before && next - before > (clock->now - at) / 2;
}

static bool is_about(uint64_t a, uint64_t b)
{
	return a > b - b / 8 && a < b + b / 8;
}

static enum verdict judge(const struct reader_clock *clock, uint64_t at, bool last)
{
	for (unsigned int i = 1; i < clock->waiting; i++)
		if (comes_back(clock, at, i))
			return WILD;
	if (clock->waiting == READER_CLOCK_WAITING)
		return LASTING;
	if (!last)
		return UNKNOWN;
	/* Few frames follow, or none. A pause is nothing strange, unless others were wild by as
	 * much. */
	if (at > clock->now)
		return is_about(at - clock->now, clock->wild_ahead) ? WILD : LASTING;
	return clock->waiting > 1 ? LASTING : WILD;
}

static void pass_over(struct reader_clock *clock, uint64_t at)
{
	note(clock, READER_CLOCK_WILD, clock->now - clock->base);
	if (at > clock->now)
		clock->wild_ahead = at - clock->now;
}

static void start(struct reader_clock *clock, enum verdict verdict)
{
	clock->now = clock->earliest = clock->frames[verdict == WILD ? 1 : 0].time;
	clock->started = true;
	if (verdict == WILD)
		pass_over(clock, clock->frames[0].time);
}

static void set_back(struct reader_clock *clock, uint64_t time)
{
	note(clock, READER_CLOCK_BACK, clock->now - clock->base);
	clock->other_base = clock->base;
	clock->base = clock->now - time;
	clock->pace = 0;
}

static void go_ahead(struct reader_clock *clock, uint64_t at)
{
	if (at - clock->now > DAY)
		note(clock, READER_CLOCK_FORWARD, clock->now - clock->base);
	clock->pace = at - clock->now;
	clock->now = at;
}

/* Frames that are all so far apart: the next one at that pace is nothing special. */
static bool keep_pace(struct reader_clock *clock, uint64_t at)
{
	if (at < clock->now || at - clock->now > 2 * clock->pace)
		return false;
	go_ahead(clock, at);
	return true;
}

/* The other one of two clocks: it was met before, so time has not passed, nor was it set. */
static bool follow_other(struct reader_clock *clock, uint64_t time)
{
	uint64_t base = clock->base;

	if (!reader_clock_near(clock, clock->other_base, time, REACH))
		return false;
	clock->base = clock->other_base;
	clock->pace = 0;
	clock->other_base = base;
	return true;
}

/* Where nothing has to be judged. */
static bool follow(struct reader_clock *clock, uint64_t time)
{
	if (reader_clock_near(clock, clock->base, time, REACH)) {
		clock->pace = 0;
		return true;
	}
	return keep_pace(clock, time + clock->base) || follow_other(clock, time);
}

/* Move the clock to where the oldest waiting frame says. False: more frames are needed. */
static bool move(struct reader_clock *clock, bool last)
{
	uint64_t time = clock->frames[0].time, at = time + clock->base;
	enum verdict verdict;

	if (!clock->started) {
		verdict = judge_first(clock, last);
		if (verdict != UNKNOWN)
			start(clock, verdict);
		return verdict != UNKNOWN;
	}
	if (follow(clock, time))
		return true;
	verdict = judge(clock, at, last);
	if (verdict == WILD)
		pass_over(clock, at);
	else if (verdict == LASTING && at > clock->now)
		go_ahead(clock, at);
	else if (verdict == LASTING)
		set_back(clock, time);
	return verdict != UNKNOWN;
}

bool reader_clock_judge(struct reader_clock *clock, bool last)
{
	if (clock->waiting == 0 || !move(clock, last))
		return false;
	clock->waiting--;
	memmove(&clock->frames[0], &clock->frames[1], clock->waiting * sizeof(clock->frames[0]));
	if (clock->waiting == 0 && clock->pace == 0)
		clock->reach = REACH;
	return true;
}
