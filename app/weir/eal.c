/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include <weir/log.h>
#include <weir/runtime.h>

#include "eal_nap.h"
#include "memif_socket.h"

/*
 * Memory for mbufs, MB; reserved, touched only as it is used. Those of captures lie elsewhere: for
 * each page of what they do not need the EAL would make an entry.
 */
#define MEMORY_MB          512
#define MEMORY_CAPTURES_MB 32

/* What the EAL, and getopt in it, shall call this program. */
#define EAL_PROGRAM "weir"

static struct runtime runtime = {.parent = -1, .directory = -1, .lock = -1};

/* ---- what DPDK prints while it starts, kept to make one line of it ---- */

struct captured {
	int saved; /* the real standard error */
	int memory;
};

/*
 * Standard error goes to memory. Standard output, which gets the usage of the EAL, stays in stdio's
 * buffer: after -h, which ends the program in there, it is flushed as always.
 */
static int capture_begin(struct captured *captured)
{
	static char output[1 << 16];

	captured->saved = dup(STDERR_FILENO);
	captured->memory = memfd_create("eal", MFD_CLOEXEC);
	if (captured->saved < 0 || captured->memory < 0)
		return -errno;
	fflush(stderr);
	setvbuf(stdout, output, _IOFBF, sizeof(output));
	return dup2(captured->memory, STDERR_FILENO) < 0 ? -errno : 0;
}

/* Standard error as it was. What was printed, in newly allocated memory; NULL without any. */
static char *capture_end(struct captured *captured)
{
	struct stat all = {0};
	char *text = NULL;

	fflush(stderr);
	dup2(captured->saved, STDERR_FILENO);
	(void)fstat(captured->memory, &all);
	if (all.st_size > 0)
		text = calloc(1, (size_t)all.st_size + 1);
	if (text != NULL)
		(void)!pread(captured->memory, text, (size_t)all.st_size, 0);
	close(captured->saved);
	close(captured->memory);
	return text;
}

static bool tells(const char *line)
{
	static const char *const words[] = {"cannot",       "error",     "fail",    "invalid",
					    "unrecognized", "unknown",   "no free", "not enough",
					    "argument",     "ambiguous", "ignored", "not enabled"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(line, words[i]) != NULL)
			return true;
	return false;
}

/*
 * The first line that tells of a failure; those that sum it up ("FATAL: ...") only without another.
 */
static const char *telling_line(char *text)
{
	const char *sum = "no reason given";
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		for (size_t i = 0; i < 2; i++) {
			const char *prefix = i == 0 ? "EAL: " : EAL_PROGRAM ": ";

			if (strncmp(line, prefix, strlen(prefix)) == 0)
				line += strlen(prefix);
		}
		if (strncmp(line, "FATAL: ", 7) == 0)
			sum = line + 7;
		else if (tells(line))
			return line;
	}
	return sum;
}

/* ---- the arguments ---- */

unsigned int eal_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned int)CPU_COUNT(&set) : 1;
}

static cpu_set_t all_cpus; /* before the EAL has pinned this thread */

void eal_step_aside(bool aside)
{
	const cpu_set_t own = rte_lcore_cpuset(rte_get_main_lcore());
	cpu_set_t set = all_cpus;
	unsigned int lcore;

	RTE_LCORE_FOREACH(lcore) {
		const cpu_set_t taken = rte_lcore_cpuset(lcore);
		cpu_set_t both;

		CPU_AND(&both, &set, &taken);
		CPU_XOR(&set, &set, &both);
	}
	sched_setaffinity(0, sizeof(set), aside && CPU_COUNT(&set) > 0 ? &set : &own);
}

/* "0@3,1@5,2@7" with a CPU for each lcore, else all of them on all CPUs: "(0-2)@(3,5)". */
static void lcores_argument(const struct options *options, uint16_t others, char *out, size_t size)
{
	bool pinned = options->source.kind == SOURCE_INTERFACE && others < eal_cpus();
	unsigned int lcore = 0;
	size_t used;
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	used = (size_t)snprintf(out, size, pinned ? "--lcores=" : "--lcores=(0-%u)@(", others);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && used + 16 < size; cpu++) {
		if (!CPU_ISSET(cpu, &set) || (pinned && lcore > others))
			continue;
		const char *comma = lcore > 0 ? "," : "";

		if (pinned)
			used += (size_t)snprintf(out + used, size - used, "%s%u@%u", comma, lcore,
						 cpu);
		else
			used += (size_t)snprintf(out + used, size - used, "%s%u", comma, cpu);
		lcore++;
	}
	if (!pinned)
		snprintf(out + used, size - used, ")");
}

/* Are there hugepages enough, and a mount that this user may write? */
static bool hugepages_usable(unsigned int memory_mb)
{
	FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "re");
	char line[512], where[256], type[64];
	unsigned int pages = 0;
	bool mounted = false;

	if (file == NULL)
		return false;
	if (fscanf(file, "%u", &pages) != 1)
		pages = 0;
	fclose(file);
	file = pages * 2 >= memory_mb ? fopen("/proc/mounts", "re") : NULL;
	if (file == NULL)
		return false;
	while (!mounted && fgets(line, sizeof(line), file) != NULL)
		mounted = sscanf(line, "%*s %255s %63s", where, type) == 2 &&
			  strcmp(type, "hugetlbfs") == 0 && access(where, W_OK) == 0;
	fclose(file);
	return mounted;
}

void eal_own_prefix(const struct options *options, char *prefix, size_t size)
{
	if (options->file_prefix != NULL)
		snprintf(prefix, size, "%s", options->file_prefix);
	else if (options->source.kind == SOURCE_INTERFACE)
		snprintf(prefix, size, "weir");
	else /* many may run at the same time */
		snprintf(prefix, size, RUNTIME_READ_PREFIX "%d", (int)getpid());
}

#define ARGUMENTS_MAX 16

static int init_own(const struct options *options, uint16_t others)
{
	const unsigned int memory_mb =
		options->source.kind == SOURCE_CAPTURES ? MEMORY_CAPTURES_MB : MEMORY_MB;
	char lcores[1024], prefix[80], memory[16];
	char *arguments[ARGUMENTS_MAX];
	int count = 0;

	lcores_argument(options, others, lcores, sizeof(lcores));
	strcpy(prefix, "--file-prefix=");
	eal_own_prefix(options, prefix + strlen(prefix), sizeof(prefix) - strlen(prefix));
	snprintf(memory, sizeof(memory), "%u", memory_mb);
	arguments[count++] = (char *)EAL_PROGRAM;
	arguments[count++] = lcores;
	arguments[count++] = prefix;
	arguments[count++] = (char *)"--no-pci";
	arguments[count++] = (char *)"-m";
	arguments[count++] = memory;
	/* No hardware, so no physical addresses, which would need privileges. */
	arguments[count++] = (char *)"--iova-mode=va";
	if (runtime.lock < 0) {
		/* DPDK would go where weir does not: let it find nothing to make there. */
		setenv("RUNTIME_DIRECTORY", "/dev/null", 1);
		arguments[count++] = (char *)"--no-telemetry";
	}
	if (runtime.lock < 0 || !hugepages_usable(memory_mb)) {
		arguments[count++] = (char *)"--no-huge";
		arguments[count++] = (char *)"--no-shconf";
	}
	if (options->log_level < LOG_LEVEL_DEBUG)
		arguments[count++] = (char *)"--log-level=*:critical";
	return rte_eal_init(count, arguments);
}

static int init_given(const struct options *options)
{
	/* rte_eal_init() shuffles its arguments: give it a copy. */
	char **arguments = calloc((size_t)options->eal_count + 1, sizeof(arguments[0]));
	int result;

	if (arguments == NULL)
		return -1;
	memif_socket_remove_stale(options->eal_count, options->eal_arguments);
	memcpy(arguments, options->eal_arguments,
	       (size_t)options->eal_count * sizeof(arguments[0]));
	arguments[0] = (char *)EAL_PROGRAM;
	opterr = 1; /* only getopt names the option that is wrong */
	result = rte_eal_init(options->eal_count, arguments);
	free(arguments);
	return result;
}

static int start(const struct options *options, uint16_t others, struct error *error)
{
	bool own = options->source.kind != SOURCE_PORTS;
	struct captured captured;
	char *text;
	int result = capture_begin(&captured);

	sched_getaffinity(0, sizeof(all_cpus), &all_cpus);
	if (result != 0)
		return error_set(error, -result,
				 "standard error: %s; free some descriptors or memory",
				 strerror(-result));
	/* libxdp would otherwise complain of a dispatcher that weir does not need. */
	setenv("LIBXDP_SKIP_DISPATCHER", "1", 0);
	eal_nap_briefly(options->source.kind == SOURCE_CAPTURES);
	result = own ? init_own(options, others) : init_given(options);
	eal_nap_briefly(false);
	text = capture_end(&captured);
	if (text != NULL && (options->log_level >= LOG_LEVEL_DEBUG || (!own && result >= 0)))
		fputs(text, stderr);
	if (result < 0) {
		__fpurge(stdout);
		result = error_set(error, rte_errno > 0 ? rte_errno : EIO,
				   "DPDK could not start: %s; %s",
				   telling_line(text != NULL ? text : (char[]){""}),
				   own ? "with --log-level debug it says more"
				       : "\"weir -h --\" lists the EAL options");
		free(text);
		return result;
	}
	free(text);
	setvbuf(stdout, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
	result = own ? 0 : runtime_secure(rte_eal_get_runtime_dir(), error);
	if (result != 0)
		rte_eal_cleanup();
	return result;
}

/* Where no directory is to be had captures are read without one, and so without telemetry. */
static int claim_directory(const struct options *options, struct error *error)
{
	char prefix[sizeof(runtime.prefix)];
	int result;

	eal_own_prefix(options, prefix, sizeof(prefix));
	result = runtime_claim(&runtime, prefix, error);
	if (result == 0) {
		runtime_remove_stale();
		return 0;
	}
	if (options->source.kind != SOURCE_CAPTURES || options->file_prefix != NULL)
		return result;
	log_debug("no telemetry: %s", error->text);
	return 0;
}

int eal_start(const struct options *options, uint16_t others, struct error *error)
{
	int result = options->source.kind != SOURCE_PORTS ? claim_directory(options, error) : 0;

	if (result != 0)
		return result;
	result = start(options, others, error);
	if (runtime.lock >= 0)
		runtime_note(&runtime);
	if (result != 0)
		runtime_release(&runtime);
	return result;
}

void eal_stop(void)
{
	rte_eal_cleanup();
	runtime_release(&runtime);
}
