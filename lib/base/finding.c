/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/finding.h>

#include <stdarg.h>

#include <weir/error.h>
#include <weir/format.h>
#include <weir/log.h>

#define NAME(constant, name, meaning)    [FINDING_##constant] = (name),
#define MEANING(constant, name, meaning) [FINDING_##constant] = (meaning),
static const char *const names[] = {FINDINGS(NAME)};
static const char *const meanings[] = {FINDINGS(MEANING)};
static const char *const verdicts[] = {
	[VERDICT_OK] = "ok", [VERDICT_WARN] = "warn", [VERDICT_FAIL] = "fail"};

static struct finding_listener heard_by;
static unsigned int failures;

const char *finding_name(enum finding finding)
{
	return names[finding];
}

const char *finding_meaning(enum finding finding)
{
	return meanings[finding];
}

const char *verdict_name(enum verdict verdict)
{
	return verdicts[verdict];
}

void finding_tell(enum finding finding, enum verdict verdict, const char *format, ...)
{
	struct error line;
	va_list arguments;

	va_start(arguments, format);
	format_line(line.text, sizeof(line.text), format, arguments);
	va_end(arguments);
	failures += verdict == VERDICT_FAIL;
	if (heard_by.take != NULL)
		heard_by.take(heard_by.context, finding, verdict, line.text);
	else if (verdict == VERDICT_WARN)
		log_warning("%s", line.text);
}

unsigned int finding_failures(void)
{
	return failures;
}

void finding_listen(struct finding_listener listener)
{
	heard_by = listener;
}
