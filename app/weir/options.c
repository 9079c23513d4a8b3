/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/export_kind.h>
#include <weir/flow.h>
#include <weir/log.h>
#include <weir/output_name.h>
#include <weir/snapshot.h>

static int take_config(const char *name, const char *text, void *into, struct error *error)
{
	struct options *options = into;
	const char *rest = text;

	for (;;) {
		struct plan_place *place = &options->source.places[options->source.place_count];
		unsigned int port, queue, lcore;
		int length = 0;

		if (options->source.place_count == PLAN_PLACES_MAX)
			return error_set(error, EINVAL, "--%s: more than %d entries; give fewer",
					 name, PLAN_PLACES_MAX);
		if (sscanf(rest, " (%5u,%5u,%5u) %n", &port, &queue, &lcore, &length) != 3 ||
		    length == 0 || port > UINT16_MAX || queue > UINT16_MAX)
			return error_set(error, EINVAL,
					 "--%s %s: not a list of (port,queue,lcore); write "
					 "\"(0,0,1),(0,1,2)\"",
					 name, text);
		*place = (struct plan_place){(uint16_t)port, (uint16_t)queue, lcore};
		options->source.place_count++;
		rest += length;
		if (*rest == '\0')
			return 0;
		rest += *rest == ',';
	}
}

static int take_stats_lcores(const char *name, const char *text, void *into, struct error *error)
{
	struct source_settings *source = &((struct options *)into)->source;
	const char *rest = text;

	source->stats_lcore_count = 0;
	for (;;) {
		unsigned int from, upto;
		int length = 0,
		    fields = sscanf(rest, "%4u%n-%4u%n", &from, &length, &upto, &length);

		if (fields < 1 || (fields == 1 ? (upto = from) : upto) < from ||
		    (rest[length] != '\0' && rest[length] != ','))
			return error_set(error, EINVAL,
					 "--%s %s: not a list of lcores; write 3,4 or 3-6", name,
					 text);
		for (unsigned int lcore = from; lcore <= upto; lcore++) {
			if (source->stats_lcore_count == STATS_LCORES_MAX - 1)
				return error_set(error, EINVAL, "--%s %s: more than %d; give fewer",
						 name, text, STATS_LCORES_MAX - 1);
			for (unsigned int i = 0; i < source->stats_lcore_count; i++)
				if (source->stats_lcores[i] == lcore)
					return error_set(error, EINVAL,
							 "--%s %s: lcore %u is there twice; name "
							 "each once",
							 name, text, lcore);
			source->stats_lcores[source->stats_lcore_count++] = lcore;
		}
		if (rest[length] == '\0')
			return 0;
		rest += length + 1;
	}
}

static int check_prefix(const char *name, const char *text, void *into, struct error *error)
{
	(void)into;
	if (text[0] == '\0' || strlen(text) > 63 || strchr(text, '/') != NULL || text[0] == '.')
		return error_set(error, EINVAL,
				 "--%s %s: not a plain name of up to 63 characters; "
				 "choose another",
				 name, text);
	return 0;
}

static int check_flows(const char *name, const char *text, void *into, struct error *error)
{
	(void)name;
	(void)into;
	return output_name_check(text, error);
}

static const struct option_choice drivers[] = {
	{"af_xdp", INTERFACE_AF_XDP}, {"af_packet", INTERFACE_AF_PACKET}, {0}};
static const struct option_choice xdp_modes[] = {
	{"native", PREFILTER_NATIVE}, {"generic", PREFILTER_GENERIC}, {0}};
static const struct option_choice formats[] = {{"text", false}, {"json", true}, {0}};
#define CHOICE(level, name) {name, LOG_LEVEL_##level},
static const struct option_choice log_levels[] = {LOG_LEVELS(CHOICE){0}};

/* The longest times that make sense: a week for pacing, a year for running. */
#define WEEK (7 * 86400 * CLOCK_SECOND)
#define YEAR (366 * 86400 * CLOCK_SECOND)

#define INTO(member) OPTION_INTO(struct options, member)

/* clang-format off */
static const struct option_row rows[] = {
	{"read", "FILE", "analyse a capture, or all of a directory (again for more), print the report, exit",
		.type = OPTION_LIST, INTO(source.captures), .high = OPTIONS_CAPTURES_MAX},
	{"interface", "NAME", "a kernel interface: AF_XDP where possible, else AF_PACKET",
		.type = OPTION_TEXT, INTO(source.interface)},
	{"driver", NULL, "how to read the interface, instead of choosing",
		.type = OPTION_CHOICE, INTO(source.driver), .choices = drivers},
	{"file-prefix", "NAME", "name of the telemetry socket's directory (weir)",
		.type = OPTION_TEXT, INTO(file_prefix), .take = check_prefix},
	{"workers", "N", "worker lcores, up to 64, for captures 16 (1; ports: as many as possible)",
		.type = OPTION_NUMBER, INTO(source.workers), .low = 1, .high = WORKERS_MAX},
	{"config", "\"(port,queue,lcore),...\"", "explicit placement, as in l3fwd",
		.type = OPTION_OWN, .take = take_config},
	{"stats-lcores", "LIST", "more lcores for statistics, as in 3,4 or 3-6 (the main one alone)",
		.type = OPTION_OWN, .take = take_stats_lcores},
	{"flow-capacity", "N", "flow records per worker",
		.type = OPTION_NUMBER, INTO(flow_capacity), .low = 64, .high = UINT64_C(1) << 28, .usual = "1048576"},
	{"active-timeout", "S", "end a flow after S seconds",
		.type = OPTION_SECONDS, INTO(active_timeout), .low = CLOCK_MILLISECOND, .high = FLOW_ACTIVE_TIMEOUT_MAX, .usual = "300"},
	{"inactive-timeout", "S", "end a flow S seconds after its last packet",
		.type = OPTION_SECONDS, INTO(inactive_timeout), .low = CLOCK_MILLISECOND, .high = FLOW_ACTIVE_TIMEOUT_MAX, .usual = "30"},
	{"interval", "S", "statistics interval in seconds",
		.type = OPTION_SECONDS, INTO(interval), .low = CLOCK_MILLISECOND, .high = WEEK, .usual = "1"},
	{"top", "N", "length of the top lists in the report",
		.type = OPTION_NUMBER, INTO(top), .low = 1, .high = 1000, .usual = "10"},
	{"sample", "N", "analyse one frame in N, drawn at random",
		.type = OPTION_NUMBER, INTO(sample), .low = 1, .high = 1000000, .usual = "1"},
	{"filter", "EXPR", "count only frames that match, see pcap-filter(7)",
		.type = OPTION_TEXT, INTO(filter), .empty = true},
	{"prefilter", "RULES", "decide in the kernel what is analysed, see weir-prefilter(5)",
		.type = OPTION_TEXT, INTO(source.prefilter)},
	{"xdp-mode", NULL, "how the prefilter is run, instead of choosing",
		.type = OPTION_CHOICE, INTO(source.xdp_mode), .choices = xdp_modes},
	{"flows", "FILE", "write each ended flow as a JSON line (-: standard output)",
		.type = OPTION_TEXT, INTO(flows), .take = check_flows},
	{"flows-rotate", "S", "seconds of a file of --flows where its name has a %H or the like (300)",
		.type = OPTION_SECONDS, INTO(flows_rotate), .low = CLOCK_SECOND, .high = WEEK},
	{"export", "URL", "send each ended flow to a collector (again for more), see weir(8)",
		.type = OPTION_LIST, INTO(exports), .high = OPTIONS_EXPORTS_MAX},
	{"report", "FILE", "write the report to a file (-: standard output)",
		.type = OPTION_TEXT, INTO(report)},
	{"format", NULL, "form of the report",
		.type = OPTION_CHOICE, INTO(json), .choices = formats, .usual = "text"},
	{"report-every", "S", "print the report every S seconds while running",
		.type = OPTION_SECONDS, INTO(report_every), .low = CLOCK_MILLISECOND, .high = WEEK},
	{"duration", "S", "stop by itself after S seconds",
		.type = OPTION_SECONDS, INTO(duration), .low = CLOCK_MILLISECOND, .high = YEAR},
	{"no-vlan-key", NULL, "leave the VLAN out of the flow key",
		.type = OPTION_FLAG, INTO(no_vlan_key)},
	{"nic-timestamps", NULL, "date frames by the NIC, which may cost some of its speed",
		.type = OPTION_FLAG, INTO(source.nic_timestamps)},
	{"outgoing", NULL, "interface: also what this host sends (AF_PACKET)",
		.type = OPTION_FLAG, INTO(source.outgoing)},
	{"idle-sleep", NULL, "DPDK ports: workers nap while no frames come",
		.type = OPTION_FLAG, INTO(idle_sleep)},
	{"user", "NAME", "become that user once ports are open; its group may ask weir",
		.type = OPTION_TEXT, INTO(user)},
	{"conf", "FILE", "options from a file, `name = value` a line; those here go before",
		.type = OPTION_CONF, INTO(conf)},
	{"log-level", NULL, "how much is said on standard error",
		.type = OPTION_CHOICE, INTO(log_level), .choices = log_levels, .usual = "info"},
	{"version", NULL, "print the version (also -V)", .type = OPTION_VERSION},
	{"help", NULL, "print this (also -h)", .type = OPTION_HELP},
};
/* clang-format on */

static void print_commands(FILE *out)
{
	fputs("  check                    in front of all else: look only, say what would be "
	      "wrong\n\n",
	      out);
}

const struct option_table weir_options = {
	.program = "weir",
	.version = WEIR_VERSION,
	.before = "usage: weir --read FILE [--read FILE ...] [options]\n"
		  "       weir --interface NAME [options]\n"
		  "       weir [EAL options] -- [options]\n"
		  "       weir check ...\n"
		  "Count every packet, keep every flow, and account for both.\n\n",
	.after = "\nA running weir answers weirctl(1). The manual is weir(8).\n",
	.commands = print_commands,
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.size = sizeof(struct options),
	.hint = " (EAL options go before \"--\")",
};

static const char *output_path(const char *text)
{
	return text != NULL && strcmp(text, "/dev/stdout") == 0 ? OUTPUT_STDOUT : text;
}

static int check_outputs(struct options *options, struct error *error)
{
	const char *flows = options->flows = output_path(options->flows);
	const char *report = options->report = output_path(options->report);
	bool rotates = flows != NULL && output_name_changes(flows);

	if (flows != NULL && report != NULL && strcmp(flows, report) == 0)
		return error_set(
			error, EINVAL,
			"--flows and --report %s: the records alone can be read by programs; "
			"name another file for one of them",
			report);
	if (options->flows_rotate > 0 && !rotates)
		return error_set(error, EINVAL,
				 "--flows-rotate: the files need names of their own; write --flows "
				 "flows-%%Y%%m%%d-%%H%%M%%S.jsonl");
	if (options->flows_rotate == 0 && rotates)
		options->flows_rotate = 300 * CLOCK_SECOND;
	return 0;
}

/* By its URL, without the settings, an outlet is known from others. */
static bool is_same_export(const char *one, const char *other)
{
	size_t length = strcspn(one, "?");

	return strcspn(other, "?") == length && memcmp(one, other, length) == 0;
}

static int check_exports(const struct option_list *exports, struct error *error)
{
	int result = 0;

	for (uint32_t i = 0; result == 0 && i < exports->count; i++) {
		const char *url = exports->words[i];

		result = export_check(url, error);
		for (uint32_t j = 0; result == 0 && j < i; j++)
			if (is_same_export(url, exports->words[j]))
				result = error_set(error, EINVAL,
						   "--export %.*s: given twice; leave one out",
						   (int)strcspn(url, "?"), url);
	}
	return result;
}

/* `eal`: there are arguments of the EAL. */
static int choose_source(struct source_settings *source, bool eal, struct error *error)
{
	bool captures = source->captures.count > 0, interface = source->interface != NULL;

	if (captures && interface)
		return error_set(error, EINVAL,
				 "--read and --interface: one source at a time; leave one out");
	if (eal && (captures || interface))
		return error_set(
			error, EINVAL,
			"--read and --interface make the EAL's arguments themselves; leave "
			"out what stands before \"--\"");
	if (!eal && !captures && !interface)
		return error_set(error, EINVAL,
				 "no source of packets: nothing to analyse; give --read FILE, "
				 "--interface NAME, or EAL options and \"--\" (see --help)");
	source->kind = eal ? SOURCE_PORTS : interface ? SOURCE_INTERFACE : SOURCE_CAPTURES;
	return 0;
}

/* What is only for --interface. */
static int check_interface(struct source_settings *source, struct error *error)
{
	bool interface = source->kind == SOURCE_INTERFACE, rules = source->prefilter != NULL;

	if (source->driver != INTERFACE_ANY && !interface)
		return error_set(error, EINVAL,
				 "--driver: only says how to read --interface; leave it out");
	if (source->outgoing && (!interface || rules || source->driver == INTERFACE_AF_XDP))
		return error_set(
			error, EINVAL,
			"--outgoing: only AF_PACKET sees what this host sends, and no prefilter "
			"does; give it with --interface NAME alone");
	if (source->outgoing)
		source->driver = INTERFACE_AF_PACKET;
	if (rules && !interface)
		return error_set(error, EINVAL,
				 "--prefilter: is an XDP program on a kernel interface; give it "
				 "with --interface NAME");
	if (source->xdp_mode != PREFILTER_AUTO && !rules)
		return error_set(error, EINVAL,
				 "--xdp-mode: only says how --prefilter is run; leave it out");
	return 0;
}

static int check_source(struct source_settings *source, struct error *error)
{
	if (source->kind == SOURCE_CAPTURES && source->workers > READER_QUEUES_MAX)
		return error_set(
			error, EINVAL,
			"--workers %u: captures are spread over %d workers at most; give fewer",
			source->workers, READER_QUEUES_MAX);
	if (source->place_count > 0 && (source->kind != SOURCE_PORTS || source->workers > 0))
		return error_set(error, EINVAL,
				 "--config: places the queues of DPDK ports, without --workers; "
				 "leave out the rest");
	if (source->nic_timestamps && source->kind == SOURCE_CAPTURES)
		return error_set(
			error, EINVAL,
			"--nic-timestamps: captures have times of their own; leave it out");
	return check_interface(source, error);
}

static int check_together(struct options *options, struct error *error)
{
	int result = choose_source(&options->source, options->eal_count > 0, error);

	if (result == 0)
		result = check_source(&options->source, error);
	if (result != 0)
		return result;
	if (options->file_prefix != NULL && options->source.kind == SOURCE_PORTS)
		return error_set(
			error, EINVAL,
			"--file-prefix: belongs to the EAL's options; put it before \"--\"");
	result = check_exports(&options->exports, error);
	return result != 0 ? result : check_outputs(options, error);
}

int options_parse(int argc, char **argv, struct options *options, struct error *error)
{
	int separator = 1, rest = 0;
	int result;

	while (separator < argc && strcmp(argv[separator], "--") != 0)
		separator++;
	if (separator == argc)
		separator = 0;
	/* What follows "--" keeps a name in front, as getopt wants it. */
	result = options_read(&weir_options, argc - separator, argv + separator, options, &rest,
			      error);
	options->eal_count = separator;
	options->eal_arguments = argv;
	if (result != OPTIONS_RUN)
		return result;
	if (separator + rest < argc)
		return error_set(error, EINVAL,
				 "%s: a word without an option; to read a capture write --read %s",
				 argv[separator + rest], argv[separator + rest]);
	return check_together(options, error);
}
