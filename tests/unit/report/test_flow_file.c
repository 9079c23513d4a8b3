/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "flow_line.h"

static char directory[] = "/tmp/weir-flow-file-XXXXXX";

static void make_directory(void)
{
	cr_assert_not_null(mkdtemp(directory));
	cr_assert_eq(chdir(directory), 0);
}

static void remove_directory(void)
{
	static const char *const names[] = {"flows", "link", "fifo"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	cr_assert_eq(rmdir(directory), 0);
}

TestSuite(flow_file, .init = make_directory, .fini = remove_directory);

static void write_record(struct flow_file *file, uint32_t number)
{
	struct stats_consumer consumer = flow_file_consumer(file);
	struct flow_view view = fixture_flow;

	view.packets[0] = number;
	consumer.record(consumer.context, &view);
}

static void write_records(struct flow_file *file, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		write_record(file, i);
}

/* Every line of `path` is a record, in the order of write_records(); how many there are. */
static uint32_t check_records(const char *path)
{
	FILE *in = fopen(path, "r");
	char line[FLOW_LINE_MAX];
	uint32_t count = 0;

	cr_assert_not_null(in);
	for (; fgets(line, sizeof(line), in) != NULL; count++) {
		json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		cr_assert_not_null(record, "line %u: %s", count, line);
		cr_assert_eq(json_integer_value(json_object_get(record, "packetDeltaCount")),
			     count);
		json_decref(record);
	}
	fclose(in);
	return count;
}

/* One line is what document_flow() makes of the view, and one line only. */
static void check_line(const struct flow_view *view)
{
	char line[FLOW_LINE_MAX + 1];
	size_t length = flow_line(line, view);

	cr_assert_leq(length, FLOW_LINE_MAX);
	line[length] = '\0';
	cr_assert_eq(strchr(line, '\n'), line + length - 1);
	json_t *parsed = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	json_t *document = document_flow(view);

	cr_assert_not_null(parsed, "%s", line);
	cr_expect(json_equal(parsed, document), "%s", line);
	json_decref(parsed);
	json_decref(document);
}

Test(flow_line, equals_the_document)
{
	static const uint8_t protocols[] = {0, 1, 6, 17, 58, 132, 255};
	struct flow_view view = fixture_flow;

	for (size_t i = 0; i < sizeof(protocols); i++)
		for (int end = FLOW_LIVE; end < FLOW_ENDS; end++)
			for (view.version = 4; view.version <= 6; view.version += 2) {
				view.protocol = protocols[i];
				view.end = end;
				check_line(&view);
			}
}

Test(flow_line, extremes)
{
	struct flow_view view;

	memset(&view, 0, sizeof(view));
	view.version = 4;
	check_line(&view);
	/* all bits set, as far as JSON's signed integers go */
	memset(&view, 0xff, sizeof(view));
	view.version = 6;
	view.protocol = 6;
	view.end = FLOW_END_RESOURCES;
	view.packets[0] = view.packets[1] = view.octets[0] = view.octets[1] = INT64_MAX;
	view.frame_octets = INT64_MAX;
	check_line(&view);
}

Test(flow_file, many_records)
{
	enum { COUNT = 10000 }; /* several buffers */
	struct flow_file *file;
	struct error error;
	struct stat status;

	umask(0);
	cr_assert_eq(flow_file_open("flows", &file, &error), 0);
	write_records(file, COUNT);
	cr_expect_not(flow_file_failed(file));
	cr_expect_eq(flow_file_close(file, &error), 0);
	cr_expect_eq(check_records("flows"), COUNT);
	cr_assert_eq(stat("flows", &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0640);
}

static void *check_pipe(void *argument)
{
	*(uint32_t *)argument = check_records("fifo");
	return NULL;
}

static uint32_t count_lines(const char *path)
{
	FILE *in = fopen(path, "r");
	uint32_t count = 0;

	cr_assert_not_null(in);
	for (int c; (c = getc(in)) != EOF;)
		count += c == '\n';
	fclose(in);
	return count;
}

Test(flow_file, flush_makes_records_visible)
{
	struct flow_file *file;

	cr_assert_eq(flow_file_open("flows", &file, NULL), 0);
	write_records(file, 3);
	flow_file_flush(file);
	for (int tries = 0; tries < 5000 && count_lines("flows") < 3; tries++)
		usleep(1000);
	cr_expect_eq(check_records("flows"), 3);
	cr_expect_eq(flow_file_close(file, NULL), 0);
}

/* Nobody reads the pipe: what is in hand waits for it, and the stats thread does not. */
Test(flow_file, flush_does_not_wait_for_a_pipe)
{
	enum { COUNT = 600 };
	struct flow_file *file;
	struct error error;
	uint32_t count = 0;
	pthread_t reader;

	cr_assert_eq(mkfifo("fifo", 0600), 0);
	int opened = open("fifo", O_RDONLY | O_NONBLOCK);

	cr_assert_eq(flow_file_open("fifo", &file, &error), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		write_record(file, i);
		flow_file_flush(file);
	}
	cr_assert_eq(pthread_create(&reader, NULL, check_pipe, &count), 0);
	cr_expect_eq(flow_file_close(file, &error), 0);
	close(opened);
	pthread_join(reader, NULL);
	cr_expect_eq(count, COUNT);
}

Test(flow_file, an_existing_file_is_replaced)
{
	struct flow_file *file;
	FILE *old = fopen("flows", "w");

	for (int i = 0; i < 1000; i++)
		fputs("something else\n", old);
	fclose(old);
	cr_assert_eq(flow_file_open("flows", &file, NULL), 0);
	write_records(file, 2);
	cr_expect_eq(flow_file_close(file, NULL), 0);
	cr_expect_eq(check_records("flows"), 2);
}

Test(flow_file, a_link_is_refused_and_left_alone)
{
	struct flow_file *file;
	struct error error;
	struct stat status;
	FILE *old = fopen("flows", "w");

	fputs("precious\n", old);
	fclose(old);
	cr_assert_eq(symlink("flows", "link"), 0);
	cr_expect_eq(flow_file_open("link", &file, &error), -ELOOP);
	cr_expect_null(file);
	cr_expect_not_null(strstr(error.text, "link: is a symbolic link"));
	cr_assert_eq(stat("flows", &status), 0);
	cr_expect_eq(status.st_size, 9);
}

Test(flow_file, a_link_to_no_file_is_followed)
{
	struct flow_file *file;
	struct error error;

	cr_assert_eq(symlink("/dev/null", "link"), 0);
	cr_assert_eq(flow_file_open("link", &file, &error), 0, "%s", error.text);
	write_records(file, 1);
	cr_expect_eq(flow_file_close(file, &error), 0);
}

static void put_precious(void)
{
	FILE *old = fopen("flows", "w");

	fputs("precious\n", old);
	fclose(old);
}

/* The file "flows" is refused in a directory for all, and keeps its nine bytes. */
static void expect_refused(void)
{
	struct flow_file *file;
	struct error error;
	struct stat status;

	cr_expect_eq(flow_file_open("flows", &file, &error), -EEXIST);
	cr_expect_not_null(strstr(error.text, "somebody else's"), "%s", error.text);
	cr_assert_eq(stat("flows", &status), 0);
	cr_expect_eq(status.st_size, 9);
}

Test(flow_file, a_second_name_where_all_may_write_is_refused)
{
	put_precious();
	cr_assert_eq(link("flows", "link"), 0);
	cr_assert_eq(chmod(directory, 01777), 0);
	expect_refused();
}

Test(flow_file, somebody_elses_file_where_all_may_write_is_refused)
{
	if (geteuid() != 0)
		cr_skip_test("only root can make a file somebody else's");
	put_precious();
	cr_assert_eq(chown("flows", 65534, 65534), 0);
	cr_assert_eq(chmod(directory, 0777), 0); /* sticky, the kernel itself would refuse it */
	expect_refused();
}

Test(flow_file, ones_own_file_where_all_may_write_is_replaced)
{
	struct flow_file *file;
	struct error error;

	put_precious();
	cr_assert_eq(chmod(directory, 01777), 0);
	cr_assert_eq(flow_file_open("flows", &file, &error), 0, "%s", error.text);
	write_records(file, 3);
	cr_expect_eq(flow_file_close(file, &error), 0);
	cr_expect_eq(check_records("flows"), 3);
}

Test(flow_file, places_where_no_file_can_be)
{
	struct flow_file *file;
	struct error error;

	cr_expect_eq(flow_file_open(".", &file, &error), -EISDIR);
	cr_expect_not_null(strstr(error.text, "is a directory"));
	cr_expect_eq(flow_file_open("no/such/place", &file, &error), -ENOENT);
	cr_expect_not_null(strstr(error.text, "no/such/place: No such file or directory"));
}

Test(flow_file, no_permission)
{
	struct flow_file *file;
	struct error error;
	uid_t user = geteuid();

	cr_assert_eq(chmod(directory, 0500), 0);
	if (user == 0)
		cr_assert_eq(seteuid(65534), 0); /* root may write everywhere */
	cr_expect_eq(flow_file_open("flows", &file, &error), -EACCES);
	cr_expect_not_null(strstr(error.text, "flows: Permission denied; check"));
	cr_assert_eq(seteuid(user), 0);
}

Test(flow_file, a_full_disk_is_told_once_with_counts)
{
	struct flow_file *file;
	struct error error = {0};

	cr_assert_eq(flow_file_open("/dev/full", &file, &error), 0);
	write_records(file, 10000);
	cr_expect(flow_file_failed(file));
	cr_expect_eq(flow_file_close(file, &error), -ENOSPC);
	cr_expect_not_null(strstr(error.text, "/dev/full: No space left on device; 0 flow records "
					      "were written, 10,000 were not"));
}

/* A disk that fills up after 100,000 bytes: RLIMIT_FSIZE stands for it. */
Test(flow_file, what_was_written_before_the_disk_was_full_stays)
{
	const struct rlimit limit = {100000, 100000};
	struct flow_file *file;
	struct error error = {0};
	char counts[128];

	cr_assert_eq(flow_file_open("flows", &file, &error), 0);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	write_records(file, 5000);
	cr_expect_eq(flow_file_close(file, &error), -EFBIG);
	uint32_t written = check_records("flows");

	cr_expect_gt(written, 0);
	cr_expect_lt(written, 500);
	snprintf(counts, sizeof(counts), "%u flow records were written, %u,%03u were not", written,
		 (5000 - written) / 1000, (5000 - written) % 1000);
	cr_expect_not_null(strstr(error.text, counts), "%s", error.text);
}

Test(flow_file, a_fifo_is_written_to)
{
	struct flow_file *file;
	struct error error;
	char line[FLOW_LINE_MAX];

	cr_assert_eq(mkfifo("fifo", 0600), 0);
	int reader = open("fifo", O_RDONLY | O_NONBLOCK);

	cr_assert_geq(reader, 0);
	cr_assert_eq(flow_file_open("fifo", &file, &error), 0);
	write_records(file, 1);
	cr_expect_eq(flow_file_close(file, &error), 0);
	ssize_t got = read(reader, line, sizeof(line));

	cr_assert_gt(got, 1);
	cr_expect_eq(line[0], '{');
	cr_expect_eq(line[got - 1], '\n');
	close(reader);
}

/* A pipe holds less than the buffers do: they fill, and who makes the records has to wait. */
Test(flow_file, a_reader_that_is_slower_gets_everything_in_order)
{
	enum { COUNT = 30000 };
	struct flow_file *file;
	struct error error;
	uint32_t count = 0;
	pthread_t reader;

	cr_assert_eq(mkfifo("fifo", 0600), 0);
	cr_assert_eq(pthread_create(&reader, NULL, check_pipe, &count), 0);
	cr_assert_eq(flow_file_open("fifo", &file, &error), 0);
	write_records(file, COUNT);
	cr_expect_eq(flow_file_close(file, &error), 0);
	pthread_join(reader, NULL);
	cr_expect_eq(count, COUNT);
}
