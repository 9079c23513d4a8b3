/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/flow.h>
#include <weir/log.h>
#include <weir/outlet.h>
#include <weir/output_name.h>
#include <weir/reader.h>
#include <weir/snapshot.h>

#include "version.h"
#include "wrong_option.h"

enum {
	OPTION_READ = 256,
	OPTION_INTERFACE,
	OPTION_DRIVER,
	OPTION_FILE_PREFIX,
	OPTION_WORKERS,
	OPTION_CONFIG,
	OPTION_FLOW_CAPACITY,
	OPTION_ACTIVE_TIMEOUT,
	OPTION_INACTIVE_TIMEOUT,
	OPTION_INTERVAL,
	OPTION_TOP,
	OPTION_FILTER,
	OPTION_PREFILTER,
	OPTION_XDP_MODE,
	OPTION_FLOWS,
	OPTION_FLOWS_ROTATE,
	OPTION_REPORT,
	OPTION_FORMAT,
	OPTION_REPORT_EVERY,
	OPTION_DURATION,
	OPTION_NO_VLAN_KEY,
	OPTION_NIC_TIMESTAMPS,
	OPTION_OUTGOING,
	OPTION_IDLE_SLEEP,
	OPTION_LOG_LEVEL,
	OPTION_VERSION,
	OPTION_HELP
};

/* One row an option: what getopt takes and what --help prints. */
static const struct row {
	const char *name;
	int id;
	const char *argument; /* NULL: none */
	const char *help;
} rows[] = {
	{"read", OPTION_READ, "FILE", "analyse a capture (pcap, pcapng; again for more), print the report, exit"},
	{"interface", OPTION_INTERFACE, "NAME", "a kernel interface: AF_XDP where possible, else AF_PACKET"},
	{"driver", OPTION_DRIVER, "af_xdp|af_packet", "how to read the interface, instead of choosing"},
	{"file-prefix", OPTION_FILE_PREFIX, "NAME", "name of the telemetry socket's directory (weir)"},
	{"workers", OPTION_WORKERS, "N", "worker lcores, up to 64, for captures 16 (1; ports: as many as possible)"},
	{"config", OPTION_CONFIG, "\"(port,queue,lcore),...\"", "explicit placement, as in l3fwd"},
	{"flow-capacity", OPTION_FLOW_CAPACITY, "N", "flow records per worker (1048576)"},
	{"active-timeout", OPTION_ACTIVE_TIMEOUT, "S", "end a flow after S seconds (300)"},
	{"inactive-timeout", OPTION_INACTIVE_TIMEOUT, "S", "end a flow S seconds after its last packet (30)"},
	{"interval", OPTION_INTERVAL, "S", "statistics interval in seconds (1)"},
	{"top", OPTION_TOP, "N", "length of the top lists in the report (10)"},
	{"filter", OPTION_FILTER, "EXPR", "count only frames that match, see pcap-filter(7)"},
	{"prefilter", OPTION_PREFILTER, "RULES", "decide in the kernel what is analysed, see weir-prefilter(5)"},
	{"xdp-mode", OPTION_XDP_MODE, "native|generic", "how the prefilter is run, instead of choosing"},
	{"flows", OPTION_FLOWS, "FILE", "write each ended flow as a JSON line (-: standard output)"},
	{"flows-rotate", OPTION_FLOWS_ROTATE, "S", "seconds of a file of --flows where its name has a %H or the like (300)"},
	{"report", OPTION_REPORT, "FILE", "write the report to a file (-: standard output)"},
	{"format", OPTION_FORMAT, "text|json", "form of the report (text)"},
	{"report-every", OPTION_REPORT_EVERY, "S", "print the report every S seconds while running"},
	{"duration", OPTION_DURATION, "S", "stop by itself after S seconds"},
	{"no-vlan-key", OPTION_NO_VLAN_KEY, NULL, "leave the VLAN out of the flow key"},
	{"nic-timestamps", OPTION_NIC_TIMESTAMPS, NULL, "date frames by the NIC, which may cost some of its speed"},
	{"outgoing", OPTION_OUTGOING, NULL, "interface: also what this host sends (AF_PACKET)"},
	{"idle-sleep", OPTION_IDLE_SLEEP, NULL, "DPDK ports: workers nap while no frames come"},
	{"log-level", OPTION_LOG_LEVEL, "LEVEL", "error, warning, info or debug (info)"},
	{"version", OPTION_VERSION, NULL, "print the version (also -V)"},
	{"help", OPTION_HELP, NULL, "print this (also -h)"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void print_help(void)
{
	printf("usage: weir --read FILE [--read FILE ...] [options]\n"
	       "       weir --interface NAME [options]\n"
	       "       weir [EAL options] -- [options]\n"
	       "Count every packet, keep every flow, and account for both.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name,
			 rows[i].argument != NULL ? " " : "",
			 rows[i].argument != NULL ? rows[i].argument : "");
		if (strlen(left) > 24)
			printf("  %s\n  %-24s %s\n", left, "", rows[i].help);
		else
			printf("  %-24s %s\n", left, rows[i].help);
	}
	printf("\nA running weir answers weirctl(1). The manual is weir(8).\n");
}

static int parse_number(const char *name, const char *text, uint64_t low, uint64_t high,
			uint64_t *value, struct error *error)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *value < low ||
	    *value > high)
		return error_set(error, EINVAL,
				 "--%s %s: not a whole number from %llu to %llu; give one", name,
				 text, (unsigned long long)low, (unsigned long long)high);
	return 0;
}

/* Seconds, decimals allowed, at least a millisecond -> ns. */
static int parse_seconds(const char *name, const char *text, uint64_t high, uint64_t *ns,
			 struct error *error)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(seconds) || seconds < 0.001 ||
	    seconds > (double)(high / CLOCK_SECOND))
		return error_set(error, EINVAL,
				 "--%s %s: not a time from 0.001 to %llu seconds; give one", name,
				 text, (unsigned long long)(high / CLOCK_SECOND));
	*ns = (uint64_t)llround(seconds * 1e9);
	return 0;
}

static int parse_config(const char *text, struct options *options, struct error *error)
{
	const char *rest = text;

	for (;;) {
		struct placement *placement = &options->placements[options->placement_count];
		unsigned int port, queue, lcore;
		int length = 0;

		if (options->placement_count == OPTIONS_PLACEMENTS_MAX)
			return error_set(error, EINVAL, "--config: more than %d entries; give fewer",
					 OPTIONS_PLACEMENTS_MAX);
		if (sscanf(rest, " (%5u,%5u,%5u) %n", &port, &queue, &lcore, &length) != 3 ||
		    length == 0 || port > UINT16_MAX || queue > UINT16_MAX)
			return error_set(error, EINVAL,
					 "--config %s: not a list of (port,queue,lcore); write "
					 "\"(0,0,1),(0,1,2)\"",
					 text);
		*placement = (struct placement){(uint16_t)port, (uint16_t)queue, lcore};
		options->placement_count++;
		rest += length;
		if (*rest == '\0')
			return 0;
		rest += *rest == ',';
	}
}

static int parse_driver(const char *text, struct options *options, struct error *error)
{
	if (strcmp(text, "af_xdp") == 0)
		options->driver = INTERFACE_AF_XDP;
	else if (strcmp(text, "af_packet") == 0)
		options->driver = INTERFACE_AF_PACKET;
	else
		return error_set(error, EINVAL,
				 "--driver %s: no such driver; use af_xdp or af_packet", text);
	return 0;
}

static int parse_xdp_mode(const char *text, struct options *options, struct error *error)
{
	if (strcmp(text, "native") == 0)
		options->xdp_mode = PREFILTER_NATIVE;
	else if (strcmp(text, "generic") == 0)
		options->xdp_mode = PREFILTER_GENERIC;
	else
		return error_set(error, EINVAL,
				 "--xdp-mode %s: no such mode; use native or generic", text);
	return 0;
}

static int parse_prefix(const char *text, struct options *options, struct error *error)
{
	if (text[0] == '\0' || strlen(text) > 63 || strchr(text, '/') != NULL || text[0] == '.')
		return error_set(error, EINVAL,
				 "--file-prefix %s: not a plain name of up to 63 characters; "
				 "choose another",
				 text);
	options->file_prefix = text;
	return 0;
}

static int parse_format(const char *text, struct options *options, struct error *error)
{
	options->json = strcmp(text, "json") == 0;
	if (!options->json && strcmp(text, "text") != 0)
		return error_set(error, EINVAL, "--format %s: no such format; use text or json",
				 text);
	return 0;
}

static int parse_log_level(const char *text, struct options *options, struct error *error)
{
	options->log_level = log_level_parse(text);
	if (options->log_level < 0)
		return error_set(error, EINVAL,
				 "--log-level %s: no such level; use error, warning, info or debug",
				 text);
	return 0;
}

static int add_capture(const char *file, struct options *options, struct error *error)
{
	if (options->capture_count == OPTIONS_CAPTURES_MAX)
		return error_set(error, EINVAL, "--read %s: more than %d captures; merge some", file,
				 OPTIONS_CAPTURES_MAX);
	options->captures[options->capture_count++] = file;
	return 0;
}

/* The longest times that make sense: a week for pacing, a year for running. */
#define WEEK (7 * 86400 * CLOCK_SECOND)
#define YEAR (366 * 86400 * CLOCK_SECOND)

static const char *output_path(const char *text)
{
	return strcmp(text, "/dev/stdout") == 0 ? OUTLET_STDOUT : text;
}

static int parse_counted(int id, const char *name, const char *text, struct options *options,
			 struct error *error)
{
	uint64_t value = 0;
	int result;

	switch (id) {
	case OPTION_WORKERS:
		result = parse_number(name, text, 1, SNAPSHOT_WORKERS_MAX, &value, error);
		options->workers = (uint16_t)value;
		return result;
	case OPTION_FLOW_CAPACITY:
		result = parse_number(name, text, 64, UINT64_C(1) << 28, &value, error);
		options->flow_capacity = (uint32_t)value;
		return result;
	case OPTION_FLOWS_ROTATE:
		result = parse_number(name, text, 1, WEEK / CLOCK_SECOND, &value, error);
		options->flows_rotate = value * CLOCK_SECOND;
		return result;
	default:
		result = parse_number(name, text, 1, 1000, &value, error);
		options->top = (uint32_t)value;
		return result;
	}
}

static int parse_one(int id, const char *name, const char *text, struct options *options,
		     struct error *error)
{
	switch (id) {
	case OPTION_READ:
		return add_capture(text, options, error);
	case OPTION_INTERFACE:
		options->interface = text;
		return 0;
	case OPTION_DRIVER:
		return parse_driver(text, options, error);
	case OPTION_FILE_PREFIX:
		return parse_prefix(text, options, error);
	case OPTION_CONFIG:
		return parse_config(text, options, error);
	case OPTION_ACTIVE_TIMEOUT:
		return parse_seconds(name, text, FLOW_ACTIVE_TIMEOUT_MAX, &options->active_timeout,
				     error);
	case OPTION_INACTIVE_TIMEOUT:
		return parse_seconds(name, text, FLOW_ACTIVE_TIMEOUT_MAX,
				     &options->inactive_timeout, error);
	case OPTION_INTERVAL:
		return parse_seconds(name, text, WEEK, &options->interval, error);
	case OPTION_REPORT_EVERY:
		return parse_seconds(name, text, WEEK, &options->report_every, error);
	case OPTION_DURATION:
		return parse_seconds(name, text, YEAR, &options->duration, error);
	case OPTION_FILTER:
		options->filter = text;
		return 0;
	case OPTION_PREFILTER:
		options->prefilter = text;
		return 0;
	case OPTION_XDP_MODE:
		return parse_xdp_mode(text, options, error);
	case OPTION_FLOWS:
		options->flows = output_path(text);
		return output_name_check(text, error);
	case OPTION_REPORT:
		options->report = output_path(text);
		return 0;
	case OPTION_FORMAT:
		return parse_format(text, options, error);
	case OPTION_NO_VLAN_KEY:
		options->vlan_key = false;
		return 0;
	case OPTION_NIC_TIMESTAMPS:
		options->nic_timestamps = true;
		return 0;
	case OPTION_OUTGOING:
		options->outgoing = true;
		return 0;
	case OPTION_IDLE_SLEEP:
		options->idle_sleep = true;
		return 0;
	case OPTION_LOG_LEVEL:
		return parse_log_level(text, options, error);
	default:
		return parse_counted(id, name, text, options, error);
	}
}

static int check_outputs(struct options *options, struct error *error)
{
	const char *flows = options->flows, *report = options->report;

	if (flows != NULL && report != NULL && strcmp(flows, report) == 0)
		return error_set(error, EINVAL,
				 "--flows and --report %s: the records alone can be read by programs; "
				 "name another file for one of them",
				 report);
	if (options->flows_rotate > 0 && (flows == NULL || !output_name_changes(flows)))
		return error_set(error, EINVAL,
				 "--flows-rotate: the files need names of their own; write --flows "
				 "flows-%%Y%%m%%d-%%H%%M%%S.jsonl");
	if (options->flows_rotate == 0)
		options->flows_rotate = 300 * CLOCK_SECOND;
	return 0;
}

static int check_together(struct options *options, struct error *error)
{
	if (options->capture_count > 0 && options->interface != NULL)
		return error_set(error, EINVAL,
				 "--read and --interface: one source at a time; leave one out");
	if (options->eal_count > 0 && (options->capture_count > 0 || options->interface != NULL))
		return error_set(error, EINVAL,
				 "--read and --interface make the EAL's arguments themselves; leave "
				 "out what stands before \"--\"");
	if (options->eal_count == 0 && options->capture_count == 0 && options->interface == NULL)
		return error_set(error, EINVAL,
				 "no source of packets: nothing to analyse; give --read FILE, "
				 "--interface NAME, or EAL options and \"--\" (see --help)");
	options->input = options->eal_count > 0	    ? INPUT_PORTS
			 : options->interface != NULL ? INPUT_INTERFACE
						      : INPUT_CAPTURES;
	if (options->input == INPUT_CAPTURES && options->workers > READER_QUEUES_MAX)
		return error_set(error, EINVAL,
				 "--workers %u: captures are spread over %d workers at most; give fewer",
				 options->workers, READER_QUEUES_MAX);
	if (options->placement_count > 0 && (options->input != INPUT_PORTS || options->workers > 0))
		return error_set(error, EINVAL,
				 "--config: places the queues of DPDK ports, without --workers; "
				 "leave out the rest");
	if (options->driver != INTERFACE_ANY && options->input != INPUT_INTERFACE)
		return error_set(error, EINVAL,
				 "--driver: only says how to read --interface; leave it out");
	if (options->outgoing && (options->input != INPUT_INTERFACE || options->prefilter != NULL ||
				  options->driver == INTERFACE_AF_XDP))
		return error_set(error, EINVAL,
				 "--outgoing: only AF_PACKET sees what this host sends, and no prefilter "
				 "does; give it with --interface NAME alone");
	if (options->outgoing)
		options->driver = INTERFACE_AF_PACKET;
	if (options->prefilter != NULL && options->input != INPUT_INTERFACE)
		return error_set(error, EINVAL,
				 "--prefilter: is an XDP program on a kernel interface; give it "
				 "with --interface NAME");
	if (options->xdp_mode != PREFILTER_AUTO && options->prefilter == NULL)
		return error_set(error, EINVAL,
				 "--xdp-mode: only says how --prefilter is run; leave it out");
	if (options->nic_timestamps && options->input == INPUT_CAPTURES)
		return error_set(error, EINVAL,
				 "--nic-timestamps: captures have times of their own; leave it out");
	if (options->file_prefix != NULL && options->input == INPUT_PORTS)
		return error_set(error, EINVAL,
				 "--file-prefix: belongs to the EAL's options; put it before \"--\"");
	return check_outputs(options, error);
}

static int parse_all(int argc, char **argv, struct options *options, struct error *error)
{
	struct option longs[ROWS + 1] = {0};
	int id, result = 0, index = 0;

	for (size_t i = 0; i < ROWS; i++)
		longs[i] = (struct option){rows[i].name,
					   rows[i].argument != NULL ? required_argument : no_argument,
					   NULL, rows[i].id};
	opterr = 0;
	optind = 1;
	while (result == 0 && (id = getopt_long(argc, argv, ":hV", longs, &index)) != -1) {
		bool version = id == 'V' || id == OPTION_VERSION;

		if (version || id == 'h' || id == OPTION_HELP) {
			if (version)
				printf("weir %s\n", WEIR_VERSION);
			else
				print_help();
			return OPTIONS_DONE;
		}
		if (id == ':' || id == '?')
			return wrong_option(id, argv, "see --help (EAL options go before \"--\")",
					    error);
		if (optarg != NULL && optarg[0] == '\0' && id != OPTION_FILTER)
			return error_set(error, EINVAL, "--%s: its value is empty; give one",
					 longs[index].name);
		result = parse_one(id, longs[index].name, optarg, options, error);
	}
	if (result == 0 && optind < argc)
		return error_set(error, EINVAL,
				 "%s: a word without an option; to read a capture write --read %s",
				 argv[optind], argv[optind]);
	return result;
}

int options_parse(int argc, char **argv, struct options *options, struct error *error)
{
	int separator = 1;
	int result;

	*options = (struct options){
		.flow_capacity = 1048576,
		.active_timeout = 300 * CLOCK_SECOND,
		.inactive_timeout = 30 * CLOCK_SECOND,
		.interval = CLOCK_SECOND,
		.top = 10,
		.vlan_key = true,
		.log_level = LOG_LEVEL_INFO,
	};
	while (separator < argc && strcmp(argv[separator], "--") != 0)
		separator++;
	if (separator < argc) {
		options->eal_count = separator;
		options->eal_arguments = argv;
		/* The rest keeps a name in front, as getopt wants it. */
		argc -= separator;
		argv += separator;
	}
	result = parse_all(argc, argv, options, error);
	if (result != 0)
		return result;
	return check_together(options, error);
}
