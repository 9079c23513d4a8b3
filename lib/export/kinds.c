/* SPDX-License-Identifier: BSD-3-Clause */
#include "kinds.h"

const struct export_kind *const export_kinds[] = {
	&json_kind,
	&kafka_kind,
	NULL,
};
