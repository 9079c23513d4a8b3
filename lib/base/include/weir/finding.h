/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FINDING_H
#define WEIR_FINDING_H

/*
 * What is found on the way to a start that a user should know, said where it is found, whoever
 * wants to hear it: a run logs the warnings, `weir check` prints a line for each. Main thread.
 */

/* Constant, name (for scripts and for docs/: only ever added to), what it is about. In the order
 * in which they are told. */
#define FINDINGS(FINDING)                                                                          \
	FINDING(USER, "user", "weir can become the user of --user")                                \
	FINDING(SOURCE, "source", "the captures, the interface or the rules can be read")          \
	FINDING(TELEMETRY, "telemetry",                                                            \
		"the runtime directory can be had, and nobody else has the file prefix")           \
	FINDING(BINDING, "binding", "the driver of a device gives it to DPDK")                     \
	FINDING(IOMMU, "iommu", "vfio-pci can shield the rest of the machine from a device")       \
	FINDING(VFIO, "vfio", "this user may open the device")                                     \
	FINDING(HUGEPAGES, "hugepages",                                                            \
		"there are enough for the packet buffers of these ports and workers, and where "   \
		"they are needed")                                                                 \
	FINDING(MEMLOCK, "memlock", "as much memory may be locked as devices and sockets want")    \
	FINDING(NOFILE, "nofile", "as many files may be open as a run needs")                      \
	FINDING(CLOCK, "clock", "the kernel tells time by the counter that workers go by")         \
	FINDING(THP, "thp", "flow tables get huge pages")                                          \
	FINDING(DISK, "disk", "there is room where records and report are written")                \
	FINDING(EAL, "eal", "DPDK starts with these arguments")                                    \
	FINDING(DRIVER, "driver", "AF_XDP or AF_PACKET, and why")                                  \
	FINDING(XDP, "xdp", "no other XDP program is in the way")                                  \
	FINDING(AF_XDP, "af_xdp",                                                                  \
		"the program runs in the driver, and frames come without a copy")                  \
	FINDING(OFFLOADS, "offloads", "frames are counted as they were on the wire")               \
	FINDING(VLAN, "vlan", "rules see VLAN tags")                                               \
	FINDING(PORTS, "ports", "the ports can be opened and started")                             \
	FINDING(QUEUES, "queues", "there is an RX queue for each worker")                          \
	FINDING(RSS, "rss", "both directions of a flow meet one worker")                           \
	FINDING(FRAGMENTS, "fragments", "fragments meet the worker of their flow")                 \
	FINDING(TIMESTAMPS, "timestamps", "who dates the frames")                                  \
	FINDING(PROMISCUOUS, "promiscuous", "frames for other stations come, too")                 \
	FINDING(MTU, "mtu", "the longest frames fit the packet buffers")                           \
	FINDING(RING, "ring", "the RX rings bridge the moments in which a worker is elsewhere")    \
	FINDING(LINK, "link", "there is a link, as fast as the NIC can")                           \
	FINDING(MEMORY, "memory", "flow tables and statistics fit this host or cgroup")            \
	FINDING(NUMA, "numa", "workers are on the node of their NIC")                              \
	FINDING(CORES, "cores", "each lcore has a CPU, which the kernel leaves to it alone")       \
	FINDING(SMT, "smt", "no two lcores are threads of one core")                               \
	FINDING(GOVERNOR, "governor", "CPUs run at full speed")                                    \
	FINDING(BUSY, "busy", "nobody else works on the CPUs of the lcores")

#define FINDING_CONSTANT(constant, name, meaning) FINDING_##constant,
enum finding { FINDINGS(FINDING_CONSTANT) FINDING_COUNT };
#undef FINDING_CONSTANT

/* FAIL: a run does not start, or does not get what was asked for. WARN: it runs, but worse. */
enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };

const char *finding_name(enum finding finding);
const char *finding_meaning(enum finding finding);
const char *verdict_name(enum verdict verdict);

/*
 * Tell one: "what: why it matters; the command that mends it", a line that fits struct error.
 * Nothing that is ok needs mending.
 */
void finding_tell(enum finding finding, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#define finding_ok(finding, ...)   finding_tell(finding, VERDICT_OK, __VA_ARGS__)
#define finding_warn(finding, ...) finding_tell(finding, VERDICT_WARN, __VA_ARGS__)
#define finding_fail(finding, ...) finding_tell(finding, VERDICT_FAIL, __VA_ARGS__)

/* How many have failed so far. */
unsigned int finding_failures(void);

/* Who hears of them from now on; `take` NULL: the log, of warnings only, as in the beginning. */
struct finding_listener {
	void (*take)(void *context, enum finding finding, enum verdict verdict, const char *text);
	void *context;
};
void finding_listen(struct finding_listener listener);

#endif
