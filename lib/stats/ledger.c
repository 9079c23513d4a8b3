/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger.h"

#include <string.h>

#include <weir/clock.h>
#include <weir/port.h>
#include <weir/worker_shared.h>

#include "overflow.h"

#define FLOW_COUNTER_WORDS (sizeof(struct flow_counters) / sizeof(uint64_t))
_Static_assert(sizeof(struct flow_counters) == FLOW_COUNTER_WORDS * sizeof(uint64_t),
	       "counters only, so that they can be added without naming each");

static void add_flow_counters(struct flow_counters *sum, const struct flow_counters *counters)
{
	uint64_t words[FLOW_COUNTER_WORDS], add[FLOW_COUNTER_WORDS];

	memcpy(words, sum, sizeof(words));
	memcpy(add, counters, sizeof(add));
	for (unsigned int i = 0; i < FLOW_COUNTER_WORDS; i++)
		words[i] += add[i];
	memcpy(sum, words, sizeof(words));
}

/* The least of what is there: 0 says that there is nothing yet. */
static uint64_t least(uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return a | b;
	return a < b ? a : b;
}

static uint64_t largest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void add_worker(struct snapshot *snapshot, const struct worker_counters *counters)
{
	uint64_t verdicts = 0;

	snapshot->received += counters->received;
	for (unsigned int r = 0; r < PACKET_REASONS; r++) {
		snapshot->reasons[r] += counters->reasons[r];
		snapshot->buckets[packet_reason_bucket(r)] += counters->reasons[r];
		verdicts += counters->reasons[r];
	}
	if (verdicts != counters->received)
		snapshot->balanced = false;
	for (unsigned int s = 0; s < SIZE_CLASSES; s++)
		snapshot->sizes[s] += counters->sizes[s];
	snapshot->frame_octets += counters->frame_octets;
	snapshot->size_min = least(snapshot->size_min, counters->size_min);
	snapshot->size_max = largest(snapshot->size_max, counters->size_max);
	add_flow_counters(&snapshot->flows, &counters->flows);
}

/* The last snapshot sums a run up: what it says of the workers is since the start. */
static void read_worker(struct snapshot *snapshot, struct ledger_worker *known,
			const struct stats_settings *settings, uint32_t w)
{
	const struct worker_counters none = {0}, before = snapshot->final ? none : known->counters;
	struct snapshot_worker *worker = &snapshot->workers[w];
	struct worker_counters *counters = &worker->counters;
	struct ledger_worker read = {.overflow = {.other = {0}}};
	uint64_t received, busy, total;

	if (worker_shared_read(settings->workers[w], &read.counters, &read.overflow))
		*known = read;
	*counters = known->counters;
	overflow_add(&snapshot->overflow, &known->overflow);
	received = counters->received - before.received;
	busy = counters->cycles_busy - before.cycles_busy;
	total = counters->cycles_total - before.cycles_total;
	worker->lcore = settings->lcores[w];
	worker->table_capacity = settings->flow_capacity;
	worker->cycles_per_packet = received == 0 ? 0 : busy / received;
	worker->busy = total == 0 ? 0 : (double)busy / (double)total;
	add_worker(snapshot, counters);
}

static void read_port(struct snapshot *snapshot, struct port *port, uint32_t p)
{
	struct snapshot_port *shown = &snapshot->ports[p];

	memcpy(shown->name, port->name, sizeof(shown->name));
	memcpy(shown->driver, port->driver, sizeof(shown->driver));
	shown->symmetry = port->symmetry;
	port_read_counters(port, &shown->counters);
	snapshot->missed += shown->counters.missed;
	snapshot->no_mbuf += shown->counters.no_mbuf;
	snapshot->nic_errors += shown->counters.errors;
}

/*
 * The first and the last packet of all workers: by the clock, as dates may have been set between.
 */
static void derive_span(struct snapshot *snapshot)
{
	const struct clock_reading *first = NULL, *last = NULL;

	for (uint32_t w = 0; w < snapshot->worker_count; w++) {
		const struct worker_counters *counters = &snapshot->workers[w].counters;

		if (counters->size_max == 0)
			continue;
		if (first == NULL || counters->first.clock < first->clock)
			first = &counters->first;
		if (last == NULL || counters->last.clock > last->clock)
			last = &counters->last;
	}
	if (first == NULL)
		return;
	snapshot->first = clock_date(*first);
	snapshot->last = clock_date(*last);
}

static void derive_sums(struct snapshot *snapshot)
{
	const struct flow_counters *flows = &snapshot->flows;

	snapshot->ip_octets = flows->octets + flows->overflow_octets;
	snapshot->fragments = flows->fragments_first + flows->fragments_later;
	snapshot->size_packets = snapshot->received - snapshot->buckets[PACKET_BUCKET_FILTERED] -
				 snapshot->buckets[PACKET_BUCKET_SAMPLED];
	snapshot->flows_active = flows->created;
	for (unsigned int end = 0; end < FLOW_ENDS; end++)
		snapshot->flows_active -= flows->ended[end];
}

/* What came since the mark, which moves to now. */
static struct stats_history pass_interval(struct ledger_mark *mark, const struct snapshot *snapshot,
					  const struct ledger_time *time)
{
	struct stats_history interval = {
		.time = time->now.clock,
		.duration = time->elapsed,
		.packets = snapshot->size_packets - mark->packets,
		.frame_octets = snapshot->frame_octets - mark->frame_octets,
		.ip_octets = snapshot->ip_octets - mark->ip_octets,
		.flows = snapshot->flows.created - mark->flows,
		.missed = snapshot->missed - mark->missed,
		.received = snapshot->received - mark->received,
		.lost = snapshot->missed + snapshot->no_mbuf - mark->lost,
	};

	mark->packets = snapshot->size_packets;
	mark->frame_octets = snapshot->frame_octets;
	mark->ip_octets = snapshot->ip_octets;
	mark->flows = snapshot->flows.created;
	mark->missed = snapshot->missed;
	mark->received = snapshot->received;
	mark->lost = snapshot->missed + snapshot->no_mbuf;
	return interval;
}

/* What the lists cover. Those of a capture are made once, of all of it. */
static void fill_windows(struct snapshot *snapshot, const struct history *history,
			 const struct stats_history *interval, uint64_t span, bool capture)
{
	const struct snapshot_window whole = {
		.time = span,
		.missed_share_ppm = history_share_ppm(snapshot->missed + snapshot->no_mbuf,
						      snapshot->received)};
	struct snapshot_window *windows = snapshot->windows;

	for (unsigned int w = 0; w < STATS_WINDOWS; w++)
		windows[w] = whole;
	if (capture)
		return;
	windows[STATS_NOW] = (struct snapshot_window){
		.time = interval->duration,
		.missed_share_ppm = history_share_ppm(interval->lost, interval->received)};
	windows[STATS_10S] = history_window(history, 10 * CLOCK_SECOND);
	windows[STATS_60S] = history_window(history, 60 * CLOCK_SECOND);
}

bool ledger_fill(struct ledger *ledger, const struct stats_settings *settings,
		 const struct ledger_time *time, struct snapshot *snapshot)
{
	struct history *history = &ledger->history;
	struct stats_history interval;
	uint64_t span;
	bool closed;

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->clock = time->now.clock;
	snapshot->time = clock_date(time->now);
	snapshot->started = time->started + (uint64_t)time->now.shift;
	snapshot->interval = settings->interval;
	snapshot->sample = settings->sample;
	snapshot->final = time->final;
	snapshot->balanced = true;
	snapshot->worker_count = settings->worker_count;
	for (uint32_t w = 0; w < settings->worker_count; w++)
		read_worker(snapshot, &ledger->workers[w], settings, w);
	snapshot->port_count = settings->port_count;
	for (uint32_t p = 0; p < settings->port_count; p++)
		read_port(snapshot, settings->ports[p], p);
	derive_span(snapshot);
	derive_sums(snapshot);
	overflow_sort(&snapshot->overflow);
	if (settings->prefilter != NULL)
		settings->prefilter(settings->prefilter_context, snapshot);
	ledger_derive_prefilter(snapshot);

	interval = pass_interval(&ledger->mark, snapshot, time);
	snapshot->now = stats_history_rates(&interval);
	span = time->now.clock - time->started;
	if (settings->capture)
		span = ledger->capture_span > 0 ? ledger->capture_span
						: snapshot->last - snapshot->first;
	snapshot->seconds = (double)span / CLOCK_SECOND;
	snapshot->missed_by_capture = ledger->capture_missed;
	snapshot->average = stats_history_rates(&(struct stats_history){
		.duration = span,
		.packets = snapshot->size_packets,
		.frame_octets = snapshot->frame_octets,
		.ip_octets = snapshot->ip_octets,
		.flows = snapshot->flows.created,
	});
	closed = history_add(history, &interval, time->final);
	history_copy(history, time->now.shift, snapshot);
	loss_note(&ledger->loss, time->now, time->elapsed, snapshot);
	fill_windows(snapshot, history, &interval, span, settings->capture);
	return closed;
}
