/* SPDX-License-Identifier: BSD-3-Clause */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/log.h>
#include <weir/output_name.h>

#include "analyzer.h"

#define EVERY (250 * CLOCK_MILLISECOND)
/* Who waits for less has no need of it. */
#define FIRST (500 * CLOCK_MILLISECOND)

/* Records on the same terminal say themselves that it goes on. */
static bool shows_records(const struct options *options)
{
	return options->flows != NULL &&
	       ((strcmp(options->flows, OUTPUT_STDOUT) == 0 && isatty(STDOUT_FILENO)) ||
		strcmp(options->flows, OUTPUT_STDERR) == 0);
}

void progress_start(struct analyzer *analyzer, uint64_t now)
{
	struct progress *progress = &analyzer->progress;

	progress->on = analyzer->source.reader != NULL && log_has_status() &&
		       !shows_records(analyzer->options);
	progress->due = now + FIRST;
	progress->samples[0].clock = now;
	progress->looks = 1;
}

static uint64_t count_frames(const struct analyzer *analyzer)
{
	uint64_t frames = 0;

	for (uint16_t w = 0; w < analyzer->workers_ready; w++) {
		struct worker_counters counters;

		worker_shared_counters(analyzer->shared[w], &counters);
		frames += counters.received;
	}
	return frames;
}

/* "12 s", "3 min 20 s": seconds are as fine as a guess can be. */
static const char *left_text(char *out, size_t size, uint64_t seconds)
{
	if (seconds < 60)
		snprintf(out, size, "%u s", (unsigned int)seconds);
	else
		format_duration(out, size, seconds * CLOCK_SECOND);
	return out;
}

/* `rate`: octets a second. */
static void tell(const struct captures_progress *captures, uint64_t rate, uint64_t frame_rate)
{
	char octets[32], rates[32], frames[32], left[32] = "?", line[160];
	const uint64_t size = captures->size;
	/* Somebody may still be writing to them. */
	const uint64_t read = size > 0 && captures->read > size ? size : captures->read;

	format_si(rates, sizeof(rates), (double)rate, "B/s");
	format_si(frames, sizeof(frames), (double)frame_rate, "");
	format_si(octets, sizeof(octets), (double)(size > 0 ? size : read), "B");
	if (size == 0) {
		snprintf(line, sizeof(line), "%s read, %s, %s packets/s", octets, rates, frames);
	} else {
		if (rate > 0)
			left_text(left, sizeof(left), (size - read + rate - 1) / rate);
		snprintf(line, sizeof(line), "%u%% of %s, %s, %s packets/s, %s left",
			 (unsigned int)((double)read / (double)size * 100), octets, rates, frames,
			 left);
	}
	log_status(line);
}

void progress_step(struct analyzer *analyzer, uint64_t now)
{
	struct progress *progress = &analyzer->progress;
	struct captures_progress captures;
	unsigned int oldest, newest;
	uint64_t frames;

	if (!progress->on || now < progress->due)
		return;
	progress->due = now + EVERY;
	captures = reader_progress(analyzer->source.reader);
	frames = count_frames(analyzer);
	newest = progress->looks % PROGRESS_SAMPLES;
	oldest = progress->looks < PROGRESS_SAMPLES ? 0 : (newest + 1) % PROGRESS_SAMPLES;
	progress->looks++;
	progress->samples[newest].clock = now;
	progress->samples[newest].octets = captures.read;
	progress->samples[newest].frames = frames;
	now -= progress->samples[oldest].clock;
	/* A report on its way to the same terminal goes first. */
	if (!outputs_report_written(&analyzer->outputs))
		return;
	tell(&captures, clock_per_second(captures.read - progress->samples[oldest].octets, now),
	     clock_per_second(frames - progress->samples[oldest].frames, now));
}

void progress_hide(const struct analyzer *analyzer)
{
	if (analyzer->progress.on)
		log_status(NULL);
}
