/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/check.h>

#include <errno.h>
#include <stddef.h>

#include <weir/finding.h>
#include <weir/runtime.h>

#include "devices.h"
#include "hugepages.h"
#include "quotas.h"
#include "system.h"

/* ---- the one that is about weir itself ---- */

/* A start would make the directory as well, and remove it at its end. */
static void look_at_telemetry(const struct check_run *run)
{
	struct runtime runtime;
	struct error error;

	if (runtime_claim(&runtime, run->prefix, &error) != 0) {
		finding_tell(FINDING_TELEMETRY, run->prefix_optional ? VERDICT_WARN : VERDICT_FAIL,
			     "%s", error.text);
		return;
	}
	runtime_release(&runtime);
	finding_ok(FINDING_TELEMETRY, "%s/dpdk/%s", runtime_base(), run->prefix);
}

/* ---- the table ---- */

static bool is_ports(const struct check_run *run)
{
	return run->source == CHECK_PORTS;
}

static bool is_live(const struct check_run *run)
{
	return run->source != CHECK_CAPTURES;
}

static bool is_any(const struct check_run *run)
{
	(void)run;
	return true;
}

static bool has_prefix(const struct check_run *run)
{
	return run->prefix != NULL;
}

/*
 * In the order of FINDINGS. `refuses`: what fails in here is beyond doubt, and DPDK would not say
 * why, or not fail.
 */
static const struct check {
	bool refuses;
	bool (*applies)(const struct check_run *run);
	void (*look)(const struct check_run *run);
} checks[] = {
	{true, has_prefix, look_at_telemetry}, {true, is_ports, devices_binding},
	{true, is_ports, devices_iommu},       {true, is_ports, devices_vfio},
	{true, is_ports, hugepages_look},      {true, is_ports, quotas_memlock},
	{false, is_live, quotas_nofile},       {false, is_live, system_clock},
	{false, is_any, system_thp},           {false, is_any, quotas_disk},
};
#define CHECK_COUNT (sizeof(checks) / sizeof(checks[0]))

bool check_host(const struct check_run *run)
{
	bool starts = true;

	for (size_t i = 0; i < CHECK_COUNT; i++) {
		const unsigned int before = finding_failures();

		if (!checks[i].applies(run))
			continue;
		checks[i].look(run);
		starts &= !checks[i].refuses || finding_failures() == before;
	}
	return starts;
}

/* ---- at a start ---- */

struct refusal {
	struct error *error;
	bool told;
};

static void take_failure(void *context, enum finding finding, enum verdict verdict,
			 const char *text)
{
	struct refusal *refusal = context;

	(void)finding;
	if (verdict != VERDICT_FAIL || refusal->told)
		return;
	refusal->told = true;
	error_set(refusal->error, EIO, "%s", text);
}

int check_start(const struct check_run *run, struct error *error)
{
	struct refusal refusal = {error, false};

	if (run->eal.only_tells)
		return 0;
	finding_listen((struct finding_listener){take_failure, &refusal});
	for (size_t i = 0; i < CHECK_COUNT && !refusal.told; i++)
		if (checks[i].refuses && checks[i].applies(run))
			checks[i].look(run);
	finding_listen((struct finding_listener){0});
	return refusal.told ? -EIO : 0;
}
