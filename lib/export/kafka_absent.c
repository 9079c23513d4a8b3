/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of kafka_kind.c, where librdkafka is not there. */
#include "kinds.h"

static const char *const schemes[] = {"kafka", NULL};

const struct export_kind kafka_kind = {.schemes = schemes, .missing = "librdkafka"};
