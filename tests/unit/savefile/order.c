/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/captures.h>

#include "support.h"

/* Several captures in the order of time, from files; against mergecap: tests/golden/captures.py.
 */

static char folder[] = "/tmp/weir-order-XXXXXX";

static void make_folder(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(chdir("/") + system(command), 0);
}

/* A capture with frames at these seconds, 0 ends them; in each are its file's `mark`, and its
 * second. */
static void make_file(const char *name, uint32_t mark, const uint32_t *seconds)
{
	struct bytes bytes = {0};
	FILE *file = fopen(name, "w");

	put_pcap(&bytes, 0xa1b2c3d4, 1);
	for (; *seconds != 0; seconds++) {
		put_record(&bytes, *seconds, 0, 5, 5);
		bytes.count -= 5;
		put8(&bytes, (uint8_t)mark);
		put32(&bytes, *seconds);
	}
	cr_assert_eq(fwrite(bytes.at, 1, bytes.count, file), bytes.count);
	fclose(file);
}

#define SECONDS(...) ((const uint32_t[]){__VA_ARGS__, 0})

/* "1:20 2:21": each frame's mark and its second; then what was remarked. */
static char said[4096];

static unsigned int read_in_order(const char *const *names, unsigned int count, char *text,
				  size_t size)
{
	const struct savefile_frame *frames;
	struct captures *captures;
	struct captures_result result;
	struct error error;
	unsigned int batch, number;

	text[0] = said[0] = '\0';
	if (captures_open(&captures, names, count, -1, &error) != 0) {
		snprintf(said, sizeof(said), "%s", error.text);
		return UINT32_MAX;
	}
	while ((batch = captures_next(captures, &frames, &number)) > 0)
		for (unsigned int i = 0; i < batch; i++) {
			const uint32_t second = (uint32_t)(frames[i].time / 1000000000);

			cr_assert_eq(memcmp(frames[i].data + 1, &second, sizeof(second)), 0);
			snprintf(text + strlen(text), size - strlen(text), "%s%u:%u",
				 text[0] != '\0' ? " " : "", frames[i].data[0], second);
		}
	captures_finish(captures);
	captures_result(captures, &result);
	for (unsigned int i = 0; i < captures_remarks(captures)->count; i++)
		snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n",
			 captures_remarks(captures)->text[i]);
	captures_close(captures);
	return result.failed;
}

#define EXPECT(expected, ...)                                                                      \
	do {                                                                                       \
		const char *names[] = {__VA_ARGS__};                                               \
		static char text[65536];                                                           \
		unsigned int failed = read_in_order(names, sizeof(names) / sizeof(names[0]), text, \
						    sizeof(text));                                 \
		cr_expect_str_eq(text, expected);                                                  \
		cr_expect_eq(failed, 0, "%s", said);                                               \
	} while (0)

TestSuite(order, .init = make_folder, .fini = remove_folder);

Test(order, in_turn_by_the_first_frame)
{
	make_file("r1", 1, SECONDS(10, 11));
	make_file("r10", 2, SECONDS(30, 31));
	make_file("r2", 3, SECONDS(20, 21));
	EXPECT("1:10 1:11 3:20 3:21 2:30 2:31", "r1", "r10", "r2");
	cr_expect_not_null(strstr(said, "in the order of time"));
	cr_expect_null(strstr(said, "overlap"));
	EXPECT("1:10 1:11 3:20 3:21", "r1", "r2");
	cr_expect_str_empty(said, "nothing is remarkable: %s", said);
}

Test(order, merged_where_they_overlap)
{
	make_file("a", 1, SECONDS(10, 12, 14, 16, 100));
	make_file("b", 2, SECONDS(11, 12, 13, 20));
	make_file("c", 3, SECONDS(15, 101));
	EXPECT("1:10 2:11 1:12 2:12 2:13 1:14 3:15 1:16 2:20 1:100 3:101", "a", "b", "c");
	cr_expect_not_null(strstr(said, "merged"));
	/* Of equal times the capture that was named first comes first. */
	EXPECT("1:10 2:11 2:12 1:12 2:13 1:14 3:15 1:16 2:20 1:100 3:101", "b", "c", "a");
}

/* A wild stamp in one of them would hold back all that follows it, or let it out too early. */
Test(order, wild_stamps_hold_nothing_back)
{
	make_file("a", 1, SECONDS(1000, 1010, 31000000, 1020, 1030));
	make_file("b", 2, SECONDS(1005, 1015, 1025, 1035));
	EXPECT("1:1000 2:1005 1:1010 2:1015 1:31000000 1:1020 2:1025 1:1030 2:1035", "a", "b");
	make_file("a", 1, SECONDS(1000, 1010, 3, 1020, 1030));
	EXPECT("1:1000 2:1005 1:1010 1:3 2:1015 1:1020 2:1025 1:1030 2:1035", "a", "b");
	make_file("a", 1, SECONDS(31000000, 1010, 1020, 1030));
	EXPECT("2:1005 1:31000000 1:1010 2:1015 1:1020 2:1025 1:1030 2:1035", "a", "b");
}

/* What a batch ends with is judged by the next one, and stays whole meanwhile. */
Test(order, a_wild_stamp_anywhere)
{
	for (uint32_t wild = 0; wild < 140; wild++) {
		uint32_t one[141], other[141], last = 0, b = 0;
		const char *names[] = {"a", "b"};
		static char text[65536];
		char *frame;

		for (uint32_t i = 0; i < 140; i++) {
			one[i] = i == wild ? 31000000 : 1000 + 20 * i;
			other[i] = 1010 + 20 * i;
		}
		one[140] = other[140] = 0;
		make_file("a", 1, one);
		make_file("b", 2, other);
		cr_assert_eq(read_in_order(names, 2, text, sizeof(text)), 0);
		for (frame = strtok(text, " "); frame != NULL; frame = strtok(NULL, " ")) {
			uint32_t second = (uint32_t)strtoul(frame + 2, NULL, 10);

			b += frame[0] == '2';
			cr_assert(frame[0] == '1' || frame[0] == '2');
			if (second == 31000000)
				continue;
			cr_assert_geq(second + 20, last, "wild %u: %u after %u", wild, second,
				      last);
			last = second;
		}
		cr_assert_eq(b, 140);
	}
}

Test(order, slow_captures)
{
	make_file("a", 1, SECONDS(1000, 2000, 3000, 4000));
	make_file("b", 2, SECONDS(1500, 2500, 5000));
	EXPECT("1:1000 2:1500 1:2000 2:2500 1:3000 1:4000 2:5000", "a", "b");
}

/* More than can be open at the same time: none is left out, and it is said. */
Test(order, more_than_can_be_open)
{
	struct rlimit limit;
	const char *names[40];
	static char text[65536], name[40][8];
	unsigned int frames = 0;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 30;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (uint32_t i = 0; i < 40; i++) {
		snprintf(name[i], sizeof(name[i]), "f%02u", i);
		names[i] = name[i];
		make_file(names[i], i + 1, SECONDS(10 + i, 1000));
	}
	cr_assert_eq(read_in_order(names, 40, text, sizeof(text)), 0);
	for (const char *at = text; *at != '\0'; at++)
		frames += *at == ':';
	cr_expect_eq(frames, 80);
	cr_expect_not_null(strstr(said, "overlap in time"), "%s", said);
}

/* Folders in a directory are part of it, links to others are not: they may lead in circles. */
Test(order, directories_and_what_is_in_them)
{
	make_file("single", 9, SECONDS(5));
	cr_assert_eq(mkdir("d", 0700) + mkdir("d/inner", 0700), 0);
	make_file("d/x2", 2, SECONDS(20));
	make_file("d/x10", 3, SECONDS(30));
	make_file("d/.hidden", 4, SECONDS(40));
	make_file("d/inner/x", 5, SECONDS(50));
	fclose(fopen("d/empty", "w"));
	FILE *readme = fopen("d/README", "w");
	fputs("what these captures are\n", readme);
	fclose(readme);
	cr_assert_eq(symlink("..", "d/inner/circle") + symlink("../../single", "d/inner/linked"),
		     0);
	EXPECT("9:5 9:5 2:20 3:30 5:50", "single", "d");
	cr_expect_not_null(strstr(said, "d/empty: the file is empty"), "%s", said);
	cr_expect_not_null(strstr(said, "passed over: 1"), "%s", said);
}

Test(order, what_cannot_be_read_does_not_stop_the_others)
{
	const char *names[] = {"missing", "good", "text"};
	char text[64];
	FILE *file = fopen("text", "w");

	fputs("no capture", file);
	fclose(file);
	make_file("good", 1, SECONDS(5, 6));
	cr_expect_eq(read_in_order(names, 3, text, sizeof(text)), 2);
	cr_expect_str_eq(text, "1:5 1:6");
	cr_expect_not_null(strstr(said, "missing: No such file"), "%s", said);
	cr_expect_not_null(strstr(said, "text: not a capture"), "%s", said);
	names[1] = "text";
	cr_expect_eq(read_in_order(names, 3, text, sizeof(text)), UINT32_MAX);
	cr_expect_not_null(strstr(said, "text: not a capture"), "%s", said);
}
