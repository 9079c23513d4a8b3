/* SPDX-License-Identifier: BSD-3-Clause */
/* Error lines, log levels, memory. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weir/error.h>
#include <weir/log.h>
#include <weir/memory.h>

Test(error, line_and_code)
{
	struct error error;

	cr_expect_eq(error_set(&error, ENOENT, "%s: %s", "x.pcap", strerror(ENOENT)), -ENOENT);
	cr_expect_str_eq(error.text, "x.pcap: No such file or directory");
	cr_expect_eq(error_set(NULL, EINVAL, "nobody listens"), -EINVAL);
}

Test(error, long_line_loses_its_middle)
{
	struct error error;
	char path[2 * sizeof(error.text)];

	for (size_t i = 0; i < sizeof(path) - 1; i++) /* of characters of two bytes */
		path[i] = i % 2 == 0 ? '\xc3' : '\xa4';
	path[sizeof(path) - 2] = '\0';
	for (int odd = 0; odd < 2; odd++) {
		cr_expect_eq(
			error_set(&error, ENOENT, "%s%s: why; what to do", odd ? "x" : "", path),
			-ENOENT);
		cr_expect_leq(strlen(error.text), sizeof(error.text) - 1);
		cr_expect_geq(strlen(error.text), sizeof(error.text) - 4);
		cr_expect_not_null(strstr(error.text, "\xc3\xa4...\xc3\xa4"));
		cr_expect_str_eq(strrchr(error.text, '\xa4') + 1, ": why; what to do");
	}
	path[sizeof(error.text) - 1] = '\0';
	error_set(&error, EINVAL, "%s", path);
	cr_expect_str_eq(error.text, path, "a line that just fits is left alone");
}

Test(error, is_one_line)
{
	struct error error;

	error_set(&error, ENOENT, "%s: %s", "a\nb\033[31m\x7f\t\xc3\xa4", "why");
	cr_expect_str_eq(error.text, "a?b?[31m??\xc3\xa4: why");
}

Test(log, level)
{
	cr_expect_eq(log_get_level(), LOG_LEVEL_INFO);
	log_set_level(LOG_LEVEL_ERROR);
	cr_expect_eq(log_get_level(), LOG_LEVEL_ERROR);
}

/* What is in the pipe, which is then empty. */
static const char *drain(int pipe)
{
	static char text[1 << 17];
	ssize_t got = read(pipe, text, sizeof(text) - 1);

	cr_assert_geq(got, 0);
	text[got] = '\0';
	return text;
}

Test(log, waits_for_nobody_and_says_what_is_lost, .timeout = 20)
{
	enum { LINES = 10000 }; /* more than a pipe holds */
	int ends[2], lines = 0;
	unsigned int lost = 0;

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	for (int i = 0; i < LINES; i++)
		log_warning("line");
	for (const char *at = drain(ends[0]); (at = strstr(at, "weir: line\n")) != NULL; at++)
		lines++;
	log_warning("heard again");
	const char *rest = drain(ends[0]);

	cr_expect_eq(sscanf(rest, "weir: nobody read standard error: %u lines are lost\n", &lost),
		     1, "%s", rest);
	cr_expect_eq(lost + (unsigned int)lines, LINES);
	cr_expect_not_null(strstr(rest, "lost\nweir: heard again\n"), "%s", rest);
	log_warning("once");
	cr_expect_str_eq(drain(ends[0]), "weir: once\n");
}

Test(memory, zeroed_and_kept_by_prefault)
{
	const size_t bytes = (4u << 20) + 1;
	uint8_t *memory = memory_allocate(bytes);

	cr_assert_not_null(memory);
	cr_expect_eq((uintptr_t)memory % (2u << 20), 0);
	memory[12345] = 1;
	memory_prefault(memory, bytes);
	for (size_t i = 0; i < bytes; i++)
		cr_assert_eq(memory[i], i == 12345);
	memory_free(memory, bytes);
	memory_free(NULL, bytes);
}

/* A page of both is touched by nobody but memory_take_all(). */
Test(memory, all_of_it_is_taken_and_from_then_on_at_once)
{
	const size_t bytes = 64u << 20;
	size_t before = memory_reserved(), resident = memory_resident(), room = memory_room();
	void *one = memory_allocate(bytes), *other = memory_allocate_sparse(bytes), *later;

	cr_assert(one != NULL && other != NULL);
	cr_expect_eq(memory_reserved() - before, 2 * bytes);
	cr_expect_lt(memory_resident(), resident + bytes / 2);
	memory_take_all();
	cr_expect_gt(memory_resident(), resident + 2 * bytes - bytes / 4);
	later = memory_allocate(bytes);
	cr_assert_not_null(later);
	cr_expect_gt(memory_resident(), resident + 3 * bytes - bytes / 4);
	memory_free(other, bytes);
	memory_free(one, bytes);
	cr_expect_eq(memory_reserved() - before, bytes);
	memory_free(later, bytes);
	cr_expect_gt(room, 3 * bytes, "else this test would not have run so far");
}

Test(memory, more_than_there_can_be)
{
	cr_expect_null(memory_allocate(SIZE_MAX / 2));
	cr_expect_null(memory_allocate(SIZE_MAX - (2u << 20)));
	cr_expect_null(memory_allocate(SIZE_MAX));
}
