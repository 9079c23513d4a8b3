/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_CHECK_PORTS_H
#define WEIR_APP_WEIR_CHECK_PORTS_H

#include <weir/finding.h>
#include <weir/plan.h>
#include <weir/source.h>

/* What opened ports are like: findings. `complained(f)`: something was said against it already. */
void check_ports(struct source *source, const struct plan *plan,
		 bool (*complained)(enum finding finding));

#endif
