/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of clickhouse_kind.c, where libcurl is not there. */
#include "kinds.h"

static const char *const schemes[] = {"clickhouse+http", "clickhouse+https", NULL};

const struct export_kind clickhouse_kind = {.schemes = schemes, .missing = "libcurl"};
