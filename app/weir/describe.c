/* SPDX-License-Identifier: BSD-3-Clause */
#include "describe.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>

#include <weir/clock.h>
#include <weir/format.h>
#include <weir/log.h>

static void add(json_t *settings, const char *name, const char *value)
{
	json_object_set_new(settings, name, document_text(value));
}

/* An option as it was given, "-" being "_"; not one of which more is known by now. */
static void add_option(void *settings, const char *option, const char *value)
{
	char name[64];

	snprintf(name, sizeof(name), "%s", option);
	for (char *at = name; *at != '\0'; at++)
		*at = *at == '-' ? '_' : *at;
	if (json_object_get(settings, name) == NULL)
		add(settings, name, value);
}

static void describe_source(struct analyzer *analyzer)
{
	const struct options *options = analyzer->options;
	struct document_info *info = &analyzer->info;

	if (options->source.kind == SOURCE_CAPTURES)
		for (uint32_t i = 0; i < options->source.captures.count; i++)
			analyzer->source_names[info->source_count++] =
				options->source.captures.words[i];
	else if (options->source.kind == SOURCE_INTERFACE)
		analyzer->source_names[info->source_count++] = options->source.interface;
	else
		for (uint32_t p = 0; p < analyzer->source.port_count; p++)
			analyzer->source_names[info->source_count++] =
				analyzer->source.ports[p].name;
	info->sources = analyzer->source_names;
}

/* One more sentence for the report, which lasts as long as `info`; also as a warning. */
static void add_sentence(struct analyzer *analyzer, const char *text)
{
	struct document_info *info = &analyzer->info;

	analyzer->remarks[info->remark_count] = text;
	__atomic_store_n(&info->remark_count, info->remark_count + 1, __ATOMIC_RELEASE);
	log_warning("%s", text);
}

/* ... of weir's own. */
static __attribute__((format(printf, 2, 3))) void add_remark(struct analyzer *analyzer,
							     const char *format, ...)
{
	char *text;
	va_list arguments;

	if (analyzer->remark_text_count == ANALYZER_REMARKS_MAX)
		return;
	text = analyzer->remark_texts[analyzer->remark_text_count++];
	va_start(arguments, format);
	vsnprintf(text, sizeof(analyzer->remark_texts[0]), format, arguments);
	va_end(arguments);
	add_sentence(analyzer, text);
}

/* What AF_PACKET counts is what the kernel makes of frames. */
static void describe_merging(struct analyzer *analyzer, json_t *settings)
{
	const struct interface *interface = &analyzer->source.interface;
	char text[160], names[128];
	struct error line;

	if (interface_merges(interface, &line)) {
		snprintf(text, sizeof(text), "on: %s",
			 interface_offloads(interface->merged, names, sizeof(names)));
		add_remark(analyzer, "%s", line.text);
	} else if (interface->unmerged != 0) {
		snprintf(text, sizeof(text), "off for this run: %s",
			 interface_offloads(interface->unmerged, names, sizeof(names)));
		log_info("%s: %s, so that every frame is counted", interface->name, text);
	} else {
		snprintf(text, sizeof(text), "off");
	}
	add(settings, "frames_merged", text);
}

static json_t *describe_settings(struct analyzer *analyzer)
{
	static const char *const inputs[] = {"captures", "interface", "ports"};
	const struct options *options = analyzer->options;
	json_t *settings = json_object();
	char workers[16];

	add(settings, "input", inputs[options->source.kind]);
	if (options->source.kind == SOURCE_INTERFACE) {
		bool xdp = analyzer->source.interface.driver == INTERFACE_AF_XDP;

		add(settings, "driver", xdp ? "af_xdp" : "af_packet");
		add(settings, "driver_because", analyzer->source.interface.why);
		if (!xdp) {
			add(settings, "outgoing", options->source.outgoing ? "yes" : "no");
			describe_merging(analyzer, settings);
		}
	}
	snprintf(workers, sizeof(workers), "%u", analyzer->workers_ready);
	add(settings, "workers", workers);
	add(settings, "vlan_key", options->no_vlan_key ? "no" : "yes");
	options_each(&weir_options, options, add_option, settings);
	return settings;
}

void describe(struct analyzer *analyzer)
{
	const struct options *options = analyzer->options;
	struct document_info *info = &analyzer->info;

	info->version = WEIR_VERSION;
	info->started = clock_monotonic_ns();
	if (analyzer->frames.capture != NULL)
		info->capture_socket = capture_socket(analyzer->frames.capture);
	if (analyzer->outputs.flows_socket[0] != '\0')
		info->flows_socket = analyzer->outputs.flows_socket;
	info->remarks = analyzer->remarks;
	describe_source(analyzer);
	info->settings = describe_settings(analyzer);
	info->events = &analyzer->events;
	if (options->source.kind == SOURCE_CAPTURES) {
		analyzer->remarks[0] = "the captures are still being read: the top lists come with "
				       "their end";
		info->remark_count = 1;
	}
}

static void add_xstat(void *object, const char *name, uint64_t value)
{
	json_object_set_new(object, name, json_integer((json_int_t)value));
}

void describe_xstats(struct analyzer *analyzer)
{
	const struct source *source = &analyzer->source;
	json_t *ports = json_array();

	for (uint32_t p = 0; p < source->port_count; p++) {
		json_t *xstats = json_object();

		port_each_xstat(&source->ports[p], add_xstat, xstats);
		json_array_append_new(ports, xstats);
	}
	json_decref(analyzer->info.xstats);
	analyzer->info.xstats = ports;
}

/* What the reader saw of times, how often, and where first. */
static void describe_times(struct analyzer *analyzer, const struct reader_result *result)
{
	static const char *const said[READER_CLOCK_EVENTS][2] = {
		[READER_CLOCK_WILD] = {"a wild time stamp", "timeouts take no notice of it"},
		[READER_CLOCK_BACK] = {"time was set back", "timeouts go on from there"},
		[READER_CLOCK_FORWARD] = {"time goes forward by more than a day",
					  "for timeouts it has passed"},
	};

	for (unsigned int i = 0; i < READER_CLOCK_EVENTS; i++) {
		const struct reader_clock_note *note = &result->events[i];
		char from[40], to[40];

		if (note->count > 0)
			add_remark(analyzer,
				   "%s: frame %" PRIu64 ": %s, from %s to %s; %s; %" PRIu64
				   " of the kind "
				   "in all",
				   result->event_files[i], note->place.frame, said[i][0],
				   format_rfc3339(from, sizeof(from), note->from),
				   format_rfc3339(to, sizeof(to), note->to), said[i][1],
				   note->count);
	}
}

void describe_stamps(struct analyzer *analyzer)
{
	uint64_t ignored = 0;

	for (uint16_t w = 0; w < analyzer->workers_ready; w++) {
		struct worker_counters counters;

		worker_shared_counters(analyzer->shared[w], &counters);
		ignored += counters.stamps_ignored;
	}
	if (ignored > 0)
		add_remark(analyzer,
			   "%" PRIu64
			   " frames had a time stamp of the NIC more than a second from the wall "
			   "clock; they are dated by weir's clock",
			   ignored);
}

void describe_result(struct analyzer *analyzer)
{
	struct reader_result result;

	reader_result(analyzer->source.reader, &result);
	__atomic_store_n(&analyzer->info.remark_count, 0, __ATOMIC_RELEASE); /* read to the end */
	for (unsigned int i = 0; i < result.remarks->count; i++)
		add_sentence(analyzer, result.remarks->text[i]);
	/* To nobody, where all who read weir's output have left: that ends it as SIGPIPE would. */
	if (result.stopped && !outputs_left_alone(&analyzer->outputs))
		add_remark(analyzer, "reading was stopped: this is of what was read until then");
	describe_times(analyzer, &result);
	analyzer->incomplete = result.captures.failed > 0;
	stats_set_capture_end(analyzer->stats, &(struct stats_capture_end){
						       .clock = result.clock,
						       .span = result.span,
						       .missed = result.captures.lost,
					       });
}

static uint64_t refused(const struct source *source)
{
	uint64_t sum = 0;

	for (uint32_t p = 0; p < source->port_count; p++)
		sum += port_sockets_refused(&source->ports[p]);
	return sum;
}

void describe_front(void *context, struct snapshot *snapshot)
{
	const struct source *source = context;
	const struct front *front = &source->front;
	struct snapshot_prefilter *out = &snapshot->prefilter;
	struct prefilter_sampling sampling = prefilter_sampling(front->prefilter);
	struct prefilter_totals now;
	char name[IF_NAMESIZE];

	out->present = true;
	out->rules = front->rules != NULL;
	out->sockets = front->sockets;
	out->native = front->native;
	out->attached = if_indextoname(source->interface.index, name) != NULL;
	out->sampling = sampling.any;
	out->sample_every = sampling.every;
	out->xsk_full = refused(source);
	prefilter_totals(front->prefilter, &now);
	out->seen = now.seen.packets;
	out->analysed = now.analysed.packets;
	out->no_socket = now.no_socket.packets;
	out->host = now.host.packets;
	out->passed = now.passed.packets + out->no_socket + out->host;
	out->dropped = now.dropped.packets;
	out->limited = now.limited.packets;
	out->sampled_out = now.sampled_out.packets;
	out->analysed_octets = now.analysed.octets;
	out->passed_octets = now.passed.octets + now.no_socket.octets + now.host.octets;
	out->dropped_octets = now.dropped.octets;
	out->limited_octets = now.limited.octets;
	out->sampled_out_octets = now.sampled_out.octets;
}

json_t *describe_rules(const struct front *front)
{
	struct prefilter_sums sums;
	json_t *rules;

	if (front_offer(front) == NULL ||
	    prefilter_sums(front->prefilter, 0, SIZE_MAX, &sums, NULL) != 0)
		return NULL;
	rules = document_prefilter_matches(&sums);
	prefilter_sums_free(&sums);
	return rules;
}
