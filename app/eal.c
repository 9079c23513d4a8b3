/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include <weir/log.h>

#include "memif_socket.h"

/* Memory for mbufs, MB; reserved, touched only as it is used. */
#define EAL_MEMORY_MB 512
#define EAL_LOCK "weir.lock"
#define READ_PREFIX "weir-read-"

/* ---- what DPDK prints while it starts, kept to make one line of it ---- */

struct captured {
	int saved; /* the real standard error */
	int memory;
};

static int capture_begin(struct captured *captured)
{
	captured->saved = dup(STDERR_FILENO);
	captured->memory = memfd_create("eal", MFD_CLOEXEC);
	if (captured->saved < 0 || captured->memory < 0)
		return -errno;
	fflush(stderr);
	return dup2(captured->memory, STDERR_FILENO) < 0 ? -errno : 0;
}

/* Standard error as it was; `text` gets the beginning of what was printed. */
static void capture_end(struct captured *captured, char *text, size_t size)
{
	fflush(stderr);
	dup2(captured->saved, STDERR_FILENO);
	ssize_t length = pread(captured->memory, text, size - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	close(captured->saved);
	close(captured->memory);
}

/* The first line that tells of a failure, without DPDK's "EAL: ". */
static const char *telling_line(char *text)
{
	static const char *const words[] = {"cannot", "error",	 "fail",    "invalid", "unrecognized",
					    "unknown", "no free", "not enough", "FATAL"};
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strcasestr(line, words[i]) != NULL)
				return strncmp(line, "EAL: ", 5) == 0 ? line + 5 : line;
	return "no reason given";
}

/* ---- the runtime directory of weir's own prefix ---- */

static void own_prefix(const struct options *options, char *prefix, size_t size)
{
	if (options->file_prefix != NULL)
		snprintf(prefix, size, "%s", options->file_prefix);
	else if (options->input == INPUT_INTERFACE)
		snprintf(prefix, size, "weir");
	else /* many may run at the same time */
		snprintf(prefix, size, READ_PREFIX "%d", (int)getpid());
}

/* The rule is DPDK's: root has /var/run, others $XDG_RUNTIME_DIR or /tmp. */
static void runtime_directory(const struct options *options, char *path, size_t size)
{
	const char *user = getenv("XDG_RUNTIME_DIR");
	const char *base = getuid() == 0 ? "/var/run" : user != NULL ? user : "/tmp";
	char prefix[64];

	own_prefix(options, prefix, sizeof(prefix));
	snprintf(path, size, "%s/dpdk/%s", base, prefix);
}

static int make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash != NULL)
			*slash = '\0';
		int result = mkdir(path, 0700);

		if (slash != NULL)
			*slash = '/';
		if (result != 0 && errno != EEXIST)
			return -errno;
		if (slash == NULL)
			return 0;
	}
}

/* One weir a prefix: without hugepages DPDK itself does not look. Held until the process ends. */
static int lock_prefix(const struct options *options, struct error *error)
{
	char path[PATH_MAX];
	int result, descriptor;

	runtime_directory(options, path, sizeof(path) - sizeof(EAL_LOCK) - 1);
	result = make_directories(path);
	if (result != 0)
		return error_set(error, -result, "%s: %s; make it writable", path,
				 strerror(-result));
	strcat(path, "/" EAL_LOCK);
	descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (descriptor < 0)
		return error_set(error, errno, "%s: %s; make it writable", path, strerror(errno));
	if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
		char prefix[64];

		close(descriptor);
		own_prefix(options, prefix, sizeof(prefix));
		return error_set(error, EBUSY,
				 "file prefix \"%s\": another weir is running with it; stop that one or "
				 "choose another with --file-prefix",
				 prefix);
	}
	return 0;
}

/* A directory that is ours, under its own name; -1: no such. */
static int open_own_directory(int parent, const char *name)
{
	int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (directory < 0)
		return -1;
	if (fstat(directory, &status) == 0 && status.st_uid == geteuid())
		return directory;
	close(directory);
	return -1;
}

/* With the files in it. Closes `directory`. */
static void remove_directory(int parent, const char *name, int directory)
{
	DIR *entries = fdopendir(directory);
	struct dirent *entry;

	if (entries == NULL) {
		close(directory);
		return;
	}
	while ((entry = readdir(entries)) != NULL)
		if (entry->d_type != DT_DIR)
			unlinkat(directory, entry->d_name, 0);
	closedir(entries);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static void remove_own_directory(const struct options *options)
{
	char path[PATH_MAX];
	int directory;

	runtime_directory(options, path, sizeof(path));
	directory = open_own_directory(AT_FDCWD, path);
	if (directory >= 0)
		remove_directory(AT_FDCWD, path, directory);
}

/* Its process is gone, and (it may be another container's) nobody holds its lock. */
static bool is_stale(int directory, const char *name)
{
	int descriptor;
	bool stale;

	if (kill(atoi(name + strlen(READ_PREFIX)), 0) == 0 || errno != ESRCH)
		return false;
	descriptor = openat(directory, EAL_LOCK, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (descriptor < 0)
		return false;
	stale = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
	close(descriptor);
	return stale;
}

static void remove_if_stale(int parent, const char *name)
{
	int directory = open_own_directory(parent, name);

	if (directory < 0)
		return;
	if (is_stale(directory, name))
		remove_directory(parent, name, directory);
	else
		close(directory);
}

/* What a weir that read captures was killed in: its name has a process id, and is not used again. */
static void remove_stale(const struct options *options)
{
	char own[PATH_MAX];
	struct dirent *entry;
	int parent;
	DIR *entries;

	runtime_directory(options, own, sizeof(own));
	parent = open_own_directory(AT_FDCWD, dirname(own));
	entries = parent >= 0 ? fdopendir(parent) : NULL;
	if (entries == NULL) {
		if (parent >= 0)
			close(parent);
		return;
	}
	while ((entry = readdir(entries)) != NULL)
		if (strncmp(entry->d_name, READ_PREFIX, strlen(READ_PREFIX)) == 0)
			remove_if_stale(parent, entry->d_name);
	closedir(entries);
}

/* ---- the arguments ---- */

unsigned int eal_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned int)CPU_COUNT(&set) : 1;
}

/* "0@3,1@5,2@7" with a CPU for each lcore, else all of them on all CPUs: "(0-2)@(3,5)". */
static void lcores_argument(const struct options *options, uint16_t workers, char *out, size_t size)
{
	bool pinned = options->input == INPUT_INTERFACE && workers < eal_cpus();
	unsigned int lcore = 0;
	size_t used;
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	used = (size_t)snprintf(out, size, pinned ? "--lcores=" : "--lcores=(0-%u)@(", workers);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && used + 16 < size; cpu++) {
		if (!CPU_ISSET(cpu, &set) || (pinned && lcore > workers))
			continue;
		const char *comma = lcore > 0 ? "," : "";

		if (pinned)
			used += (size_t)snprintf(out + used, size - used, "%s%u@%u", comma, lcore, cpu);
		else
			used += (size_t)snprintf(out + used, size - used, "%s%u", comma, cpu);
		lcore++;
	}
	if (!pinned)
		snprintf(out + used, size - used, ")");
}

/* Are there hugepages enough, and a mount that this user may write? */
static bool hugepages_usable(void)
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
	file = pages * 2 >= EAL_MEMORY_MB ? fopen("/proc/mounts", "re") : NULL;
	if (file == NULL)
		return false;
	while (!mounted && fgets(line, sizeof(line), file) != NULL)
		mounted = sscanf(line, "%*s %255s %63s", where, type) == 2 &&
			  strcmp(type, "hugetlbfs") == 0 && access(where, W_OK) == 0;
	fclose(file);
	return mounted;
}

#define ARGUMENTS_MAX 16

static int init_own(const struct options *options, uint16_t workers)
{
	char lcores[1024], prefix[80], memory[16];
	char *arguments[ARGUMENTS_MAX];
	int count = 0;

	lcores_argument(options, workers, lcores, sizeof(lcores));
	strcpy(prefix, "--file-prefix=");
	own_prefix(options, prefix + strlen(prefix), sizeof(prefix) - strlen(prefix));
	snprintf(memory, sizeof(memory), "%d", EAL_MEMORY_MB);
	arguments[count++] = (char *)"weir";
	arguments[count++] = lcores;
	arguments[count++] = prefix;
	arguments[count++] = (char *)"--no-pci";
	arguments[count++] = (char *)"-m";
	arguments[count++] = memory;
	/* No hardware, so no physical addresses, which would need privileges. */
	arguments[count++] = (char *)"--iova-mode=va";
	if (!hugepages_usable()) {
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
	result = rte_eal_init(options->eal_count, arguments);
	free(arguments);
	return result;
}

/* Whoever may write there can put a socket of his own in the place of weir's. */
static int secure_directory(const char *path, struct error *error)
{
	struct stat status;

	if (stat(path, &status) != 0 && errno == ENOENT)
		return 0; /* with --no-shconf DPDK does without it, and without a socket */
	if (stat(path, &status) != 0)
		return error_set(error, errno, "%s: %s; look at its permissions", path,
				 strerror(errno));
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return error_set(
			error, EPERM,
			"%s: belongs to user %u, who could answer for weir there; remove it, or set "
			"XDG_RUNTIME_DIR",
			path, (unsigned int)status.st_uid);
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	if (chmod(path, status.st_mode & 07777 & ~(mode_t)(S_IWGRP | S_IWOTH)) != 0)
		return error_set(error, EPERM,
				 "%s: others may write to it; \"chmod go-w\" ends that", path);
	log_warning("%s: others could write to it; now they cannot", path);
	return 0;
}

/* The directory of the telemetry socket, and the one around it. */
static int secure_runtime(struct error *error)
{
	char path[PATH_MAX];
	int result;

	snprintf(path, sizeof(path), "%s", rte_eal_get_runtime_dir());
	result = secure_directory(path, error);
	if (result == 0)
		result = secure_directory(dirname(path), error);
	return result;
}

int eal_start(const struct options *options, uint16_t workers, struct error *error)
{
	bool own = options->input != INPUT_PORTS;
	struct captured captured;
	char text[16384];
	int result = own ? lock_prefix(options, error) : 0;

	if (result == 0 && own)
		remove_stale(options);
	if (result == 0) {
		/* libxdp would otherwise complain of a dispatcher that weir does not need. */
		setenv("LIBXDP_SKIP_DISPATCHER", "1", 0);
		result = capture_begin(&captured);
		if (result != 0) {
			error_set(error, -result, "standard error: %s; free some descriptors or memory",
				  strerror(-result));
			if (own)
				remove_own_directory(options);
		}
	}
	if (result != 0)
		return result;
	result = own ? init_own(options, workers) : init_given(options);
	capture_end(&captured, text, sizeof(text));
	if (result < 0) {
		int code = rte_errno > 0 ? rte_errno : EIO;

		error_set(error, code, "DPDK could not start: %s; see the EAL options",
			  telling_line(text));
		if (own)
			eal_stop(options);
		return -code;
	}
	if (!own || options->log_level >= LOG_LEVEL_DEBUG)
		fputs(text, stderr);
	result = secure_runtime(error);
	if (result != 0)
		eal_stop(options);
	return result;
}

void eal_stop(const struct options *options)
{
	rte_eal_cleanup();
	if (options->input != INPUT_PORTS)
		remove_own_directory(options);
}
