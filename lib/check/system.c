/* SPDX-License-Identifier: BSD-3-Clause */
#include "system.h"

#include <stdio.h>
#include <string.h>

#include <weir/finding.h>

#include "sysfs.h"

#define CLOCKS "/sys/devices/system/clocksource/clocksource0"
#define THP    "/sys/kernel/mm/transparent_hugepage/enabled"

/* Those that the vDSO reads. */
static bool is_fast(const char *clock)
{
	static const char *const fast[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
					   "arch_sys_counter"};

	for (size_t i = 0; i < sizeof(fast) / sizeof(fast[0]); i++)
		if (strcmp(fast[i], clock) == 0)
			return true;
	return false;
}

/* Workers go by the TSC from one reading of the kernel's clock to the next. */
void system_clock(const struct check_run *run)
{
	char clock[64], available[256];

	if (!sysfs_text(clock, sizeof(clock), run->root, CLOCKS "/current_clocksource"))
		return;
	(void)sysfs_text(available, sizeof(available), run->root, CLOCKS "/available_clocksource");
	if (is_fast(clock))
		finding_ok(FINDING_CLOCK, "%s", clock);
	else if (strstr(available, "tsc") != NULL)
		finding_warn(FINDING_CLOCK,
			     "%s: not the TSC, by which workers tell time between two readings of "
			     "it: frames may be dated wrong; echo tsc | sudo tee " CLOCKS
			     "/current_clocksource",
			     clock);
	else
		finding_warn(
			FINDING_CLOCK,
			"%s: the kernel found the TSC unstable (dmesg | grep -i tsc), by which "
			"workers tell time: frames may be dated wrong; add \"tsc=reliable\" to "
			"its command line, if it was mistaken",
			clock);
}

void system_thp(const struct check_run *run)
{
	char line[64];

	if (!sysfs_text(line, sizeof(line), run->root, THP))
		return;
	if (strstr(line, "[never]") != NULL)
		finding_warn(FINDING_THP,
			     "never: flow tables lie in small pages, and each packet of many flows "
			     "waits for the TLB; echo madvise | sudo tee " THP);
	else
		finding_ok(FINDING_THP, "%s",
			   strstr(line, "[always]") != NULL ? "always" : "madvise");
}
