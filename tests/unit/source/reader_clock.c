/* SPDX-License-Identifier: BSD-3-Clause */
/* The clock of captures: wild stamps, steps, pauses and disorder, each as a row of times. */
#include <criterion/criterion.h>
#include <string.h>

#include <weir/reader_clock.h>

#define SECOND UINT64_C(1000000000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)
#define T      (UINT64_C(1700000000) * SECOND)
#define FRAMES 200

/* Times and the clock that each frame got, in order. */
struct run {
	uint64_t time[FRAMES], clock[FRAMES];
	unsigned int count, judged;
	struct reader_clock state;
};

static void add(struct run *run, uint64_t time)
{
	cr_assert_lt(run->count, FRAMES);
	run->time[run->count++] = time;
}

/* `count` frames `step` apart, the first at `from`. */
static void add_row(struct run *run, uint64_t from, uint64_t step, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		add(run, from + i * step);
}

static void note_clock(struct run *run)
{
	cr_assert_lt(run->judged, run->count);
	run->clock[run->judged] = run->state.now;
	if (run->judged > 0)
		cr_assert_geq(run->state.now, run->clock[run->judged - 1], "frame %u: back",
			      run->judged);
	run->judged++;
}

/* What the reader does with them. */
static void follow(struct run *run)
{
	for (unsigned int i = 0; i < run->count; i++) {
		struct reader_clock_place place = {.frame = i + 1, .file = 7};

		if (reader_clock_follow(&run->state, run->time[i])) {
			note_clock(run);
			continue;
		}
		reader_clock_wait(&run->state, run->time[i], place);
		while (reader_clock_judge(&run->state, false))
			note_clock(run);
		cr_assert_leq(run->state.waiting, READER_CLOCK_AHEAD);
	}
	while (reader_clock_judge(&run->state, true))
		note_clock(run);
	cr_assert_eq(run->judged, run->count);
}

/* Frames from `from` up to `to`: the clock is their time and `more`. */
static void expect_time(const struct run *run, unsigned int from, unsigned int to, uint64_t more)
{
	for (unsigned int i = from; i < to; i++)
		cr_expect_eq(
			run->clock[i], run->time[i] + more, "frame %u: clock %+.3f s, not %+.3f", i,
			((double)run->clock[i] - (double)run->time[i]) / 1e9, (double)more / 1e9);
}

static void expect_event(const struct run *run, enum reader_clock_event event, uint64_t count,
			 unsigned int first)
{
	const struct reader_clock_note *note = &run->state.notes[event];

	cr_expect_eq(note->count, count, "event %d: %llu times", event,
		     (unsigned long long)note->count);
	if (count == 0)
		return;
	cr_expect_eq(note->place.frame, first + 1, "event %d: frame %llu", event,
		     (unsigned long long)note->place.frame);
	cr_expect_eq(note->place.file, 7);
	cr_expect_eq(note->to, run->time[first]);
}

static void expect_nothing(const struct run *run)
{
	for (int event = 0; event < READER_CLOCK_EVENTS; event++)
		expect_event(run, event, 0, 0);
}

/* ---- nothing wrong ---- */

Test(reader_clock, nothing_comes)
{
	struct run run = {0};

	follow(&run);
	expect_nothing(&run);
}

Test(reader_clock, one_frame_of_any_time)
{
	static const uint64_t times[] = {0, 1, T, UINT64_MAX};

	for (unsigned int i = 0; i < 4; i++) {
		struct run run = {0};

		add(&run, times[i]);
		follow(&run);
		expect_time(&run, 0, 1, 0);
		expect_nothing(&run);
	}
}

Test(reader_clock, dense_frames_do_not_wait)
{
	struct run run = {0};

	add_row(&run, T, SECOND, 3);
	follow(&run);
	for (unsigned int i = 0; i < 100; i++)
		cr_assert(reader_clock_follow(&run.state, T + (4 + i) * SECOND));
	cr_expect_eq(run.state.now, T + 103 * SECOND);
}

/* Every pause, also in a capture of two or three frames, is time that passed. */
Test(reader_clock, pauses_of_any_length)
{
	static const uint64_t steps[] = {1, SECOND, 11 * SECOND, 120 * SECOND, HOUR, 20 * HOUR};

	for (unsigned int count = 1; count < 40; count++)
		for (unsigned int s = 0; s < 6; s++) {
			struct run run = {0};

			add_row(&run, T, steps[s], count);
			follow(&run);
			expect_time(&run, 0, count, 0);
			expect_nothing(&run);
			cr_expect_eq(run.state.now - run.state.earliest, (count - 1) * steps[s]);
		}
}

Test(reader_clock, from_the_epoch_on)
{
	struct run run = {0};

	add_row(&run, 0, SECOND, 50);
	follow(&run);
	expect_time(&run, 0, 50, 0);
	expect_nothing(&run);
}

Test(reader_clock, a_pause_between_bursts)
{
	struct run run = {0};

	add_row(&run, T, SECOND / 100, 50);
	add_row(&run, T + HOUR, SECOND / 100, 50);
	add_row(&run, T + 2 * HOUR, SECOND / 100, 1);
	follow(&run);
	expect_time(&run, 0, 101, 0);
	expect_nothing(&run);
}

/* Several interfaces: each is behind the others by up to 9 s. The clock stands still. */
Test(reader_clock, disorder_of_seconds)
{
	uint64_t latest = 0;
	struct run run = {0};

	for (unsigned int i = 0; i < FRAMES; i++)
		add(&run, T + i * SECOND / 2 - i % 7 * 3 * SECOND / 2);
	follow(&run);
	for (unsigned int i = 0; i < FRAMES; i++) {
		latest = run.time[i] > latest ? run.time[i] : latest;
		cr_assert_eq(run.clock[i], latest, "frame %u", i);
	}
	expect_nothing(&run);
}

/* ---- wild ones ---- */

static const uint64_t cadences[] = {SECOND / 1000, SECOND, 120 * SECOND, HOUR};

/* Frames `from` up to `to` are wild: the clock of the one before is theirs. */
static void expect_wild(const struct run *run, unsigned int from, unsigned int to)
{
	expect_time(run, 0, from, 0);
	for (unsigned int i = from; i < to; i++)
		cr_expect_eq(run->clock[i], run->clock[from - 1], "frame %u moved the clock", i);
	expect_time(run, to, run->count, 0);
	expect_event(run, READER_CLOCK_WILD, to - from, from);
	cr_expect_eq(run->state.notes[READER_CLOCK_WILD].from, run->time[from - 1]);
	expect_event(run, READER_CLOCK_BACK, 0, 0);
	expect_event(run, READER_CLOCK_FORWARD, 0, 0);
	cr_expect_eq(run->state.now - run->state.earliest, run->time[run->count - 1] - run->time[0],
		     "the span takes no notice");
}

Test(reader_clock, wild_ones_in_a_row_anywhere)
{
	/* Later and earlier; 0 is 1970. */
	static const uint64_t wild[] = {T + YEAR, T + 40 * YEAR, UINT64_MAX - DAY, 0,
					T - 60 * HOUR};

	for (unsigned int c = 0; c < 4; c++)
		for (unsigned int w = 0; w < 5; w++)
			for (unsigned int row = 1; row <= READER_CLOCK_AHEAD; row += 5) {
				struct run run = {0};

				add_row(&run, T, cadences[c], 20);
				add_row(&run, wild[w], SECOND / 10, row);
				add_row(&run, T + 20 * cadences[c], cadences[c], 20);
				follow(&run);
				expect_wild(&run, 20, 20 + row);
			}
}

Test(reader_clock, one_hour_back)
{
	struct run run = {0};

	add_row(&run, T, 120 * SECOND, 50);
	run.time[40] -= HOUR;
	follow(&run);
	expect_time(&run, 0, 40, 0);
	cr_expect_eq(run.clock[40], run.clock[39]);
	expect_time(&run, 41, 50, 0);
	expect_event(&run, READER_CLOCK_WILD, 1, 40);
	expect_event(&run, READER_CLOCK_BACK, 0, 0);
}

Test(reader_clock, wild_ones_here_and_there)
{
	struct run run = {0};

	add_row(&run, T, 120 * SECOND, 100);
	for (unsigned int i = 5; i < 100; i += 9)
		run.time[i] = i % 2 == 0 ? T + YEAR * i : SECOND * i;
	follow(&run);
	for (unsigned int i = 0; i < 100; i++)
		if (i % 9 == 5)
			cr_expect_eq(run.clock[i], run.clock[i - 1]);
		else
			cr_expect_eq(run.clock[i], run.time[i]);
	expect_event(&run, READER_CLOCK_WILD, 11, 5);
}

Test(reader_clock, a_wild_one_first)
{
	static const uint64_t wild[] = {T + YEAR, T + 2 * HOUR, 0};

	for (unsigned int w = 0; w < 3; w++)
		for (unsigned int count = 3; count < 40; count += 18) {
			struct run run = {0};

			add_row(&run, T, SECOND, count);
			run.time[0] = wild[w];
			follow(&run);
			cr_expect_eq(run.clock[0], run.time[1]);
			expect_time(&run, 1, count, 0);
			expect_event(&run, READER_CLOCK_WILD, 1, 0);
			expect_event(&run, READER_CLOCK_BACK, 0, 0);
			expect_event(&run, READER_CLOCK_FORWARD, 0, 0);
			cr_expect_eq(run.state.now - run.state.earliest, (count - 2) * SECOND);
		}
}

/* ---- lasting steps ---- */

Test(reader_clock, a_step_forward_lasts)
{
	for (unsigned int c = 0; c < 4; c++)
		for (unsigned int after = 1; after < 40; after += 7) {
			struct run run = {0};

			add_row(&run, T, cadences[c], 20);
			add_row(&run, T + YEAR, cadences[c], after);
			follow(&run);
			expect_time(&run, 0, 20 + after, 0);
			expect_event(&run, READER_CLOCK_FORWARD, 1, 20);
			expect_event(&run, READER_CLOCK_WILD, 0, 0);
			cr_expect_eq(run.state.notes[READER_CLOCK_FORWARD].from, run.time[19]);
		}
}

/* The clock stands still for one frame and then goes on with the new time. */
Test(reader_clock, a_step_back_lasts)
{
	static const uint64_t steps[] = {HOUR, DAY, YEAR, T - SECOND};

	for (unsigned int c = 0; c < 3; c++)
		for (unsigned int s = 0; s < 4; s++)
			for (unsigned int after = 2; after < 60; after += 19) {
				struct run run = {0};

				add_row(&run, T, cadences[c], 20);
				add_row(&run, run.time[19] - steps[s], cadences[c], after);
				follow(&run);
				expect_time(&run, 0, 20, 0);
				expect_time(&run, 20, 20 + after, steps[s]);
				expect_event(&run, READER_CLOCK_BACK, 1, 20);
				expect_event(&run, READER_CLOCK_WILD, 0, 0);
				expect_event(&run, READER_CLOCK_FORWARD, 0, 0);
				cr_expect_eq(run.state.notes[READER_CLOCK_BACK].from, run.time[19]);
			}
}

/* So rare that the time before is reached within the frames that judge. */
Test(reader_clock, a_step_back_among_rare_frames)
{
	struct run run = {0};

	add_row(&run, T, 300 * SECOND, 20);
	add_row(&run, run.time[19] - HOUR, 300 * SECOND, 30);
	follow(&run);
	expect_time(&run, 0, 20, 0);
	expect_time(&run, 20, 50, HOUR);
	expect_event(&run, READER_CLOCK_BACK, 1, 20);
	expect_event(&run, READER_CLOCK_WILD, 0, 0);
}

Test(reader_clock, back_and_forward_again)
{
	struct run run = {0};

	add_row(&run, T, SECOND, 30);
	add_row(&run, T - DAY, SECOND, 30);
	add_row(&run, T + 60 * SECOND, SECOND, 30);
	follow(&run);
	expect_time(&run, 30, 60, DAY + 29 * SECOND);
	expect_time(&run, 60, 90, 0);
	expect_event(&run, READER_CLOCK_BACK, 1, 30);
	expect_event(&run, READER_CLOCK_FORWARD, 0, 0);
}

/* ---- two clocks ---- */

/* In turns of any length: an hour passes at most once, each other frame is a second. */
Test(reader_clock, two_clocks_in_turns)
{
	for (unsigned int turn = 1; turn <= 40; turn++)
		for (int behind = 0; behind < 2; behind++) {
			const uint64_t first = behind ? T + HOUR : T,
				       second = behind ? T : T + HOUR;
			struct run run = {0};

			for (unsigned int i = 0; i < FRAMES; i++)
				add(&run, (i / turn % 2 == 0 ? first : second) + i * SECOND);
			follow(&run);
			cr_expect_lt(run.clock[FRAMES - 1] - run.clock[0],
				     (turn > 16 && !behind ? HOUR : 0) + (FRAMES + 60) * SECOND,
				     "turns of %u", turn);
			cr_expect_gt(run.clock[FRAMES - 1] - run.clock[0],
				     (FRAMES - 3 * turn) * SECOND, "turns of %u", turn);
		}
}

/* ---- any times at all ---- */

Test(reader_clock, never_goes_back_whatever_comes)
{
	uint64_t random = 88172645463325252u;

	for (unsigned int round = 0; round < 2000; round++) {
		struct run run = {0};

		for (unsigned int i = 0; i < FRAMES; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			add(&run, random % 3 == 0 ? random >> (random % 60) : T + random % HOUR);
		}
		follow(&run); /* note_clock() looks */
	}
}
