/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_SAVEFILE_LINK_H
#define WEIR_SAVEFILE_SAVEFILE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/savefile_frame.h>

/* The number that a file has, where old systems wrote others of their own (12 and 14: RAW). */
uint32_t link_of_file(uint32_t link);

bool link_is_read(uint32_t link);

/* What a link type is called: "IEEE802_11 (802.11)". */
const char *link_name(uint32_t link, char *text, size_t size);

/* The line for a capture that has only frames of `link`: -EPROTONOSUPPORT. */
int link_refuse(const char *file, uint32_t link, struct error *error);

#endif
