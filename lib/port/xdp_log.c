/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <xdp/libxdp.h>

#include <weir/log.h>

static int print(enum libxdp_print_level level, const char *format, va_list arguments)
{
	char text[512];

	(void)level;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	log_debug("%s", text);
	return 0;
}

void xdp_log_quietly(void)
{
	libxdp_set_print(print);
}
