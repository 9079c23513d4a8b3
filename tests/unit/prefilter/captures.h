/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_PREFILTER_CAPTURES_H
#define WEIR_TESTS_UNIT_PREFILTER_CAPTURES_H

#include <stdint.h>

/* Beside linux/bpf.h libpcap's header cannot be: both have a struct bpf_insn. */
typedef void capture_frame(void *context, const char *what, const uint8_t *frame, uint32_t length);

/* Every frame of a capture, or of all captures in a folder; what cannot be read is left out. */
void capture_file(const char *path, capture_frame *each, void *context);
void capture_folder(const char *path, capture_frame *each, void *context);

#endif
