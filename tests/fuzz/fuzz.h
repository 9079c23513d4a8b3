/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_FUZZ_FUZZ_H
#define WEIR_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What the libFuzzer targets share. A target is one file: NAME.c, with fuzz-NAME made of it. */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An input that makes this false is a find. */
#define require(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The input's bytes, taken from the front; zeros once they are used up. */
struct input {
	const uint8_t *data;
	size_t left;
};

static inline uint8_t input_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->data++;
}

static inline uint16_t input_word(struct input *input)
{
	uint16_t low = input_byte(input);

	return (uint16_t)(low | input_byte(input) << 8);
}

/*
 * rte_eal_init() for the whole process, without hugepages, with `megabytes` of memory; its runtime
 * folder is removed at exit.
 */
void fuzz_eal_start(const char *megabytes);

#endif
