/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_trial.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return result < 0 ? -errno : (int)result;
}

static int load_pass_program(void)
{
	static const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)pass,
		.insn_cnt = sizeof(pass) / sizeof(pass[0]),
		.license = (uintptr_t) "Dual BSD/GPL",
		.prog_name = "weir_trial",
	};

	return bpf(BPF_PROG_LOAD, &attributes);
}

/* The program comes off when the link is closed. */
static int attach(int program, unsigned int index)
{
	union bpf_attr attributes = {
		.link_create = {.prog_fd = (uint32_t)program,
				.target_ifindex = index,
				.attach_type = BPF_XDP},
	};

	return bpf(BPF_LINK_CREATE, &attributes);
}

int xdp_trial(unsigned int index, const char **step)
{
	int xdp_socket, program, link;

	*step = "an AF_XDP socket";
	xdp_socket = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (xdp_socket < 0)
		return -errno;
	close(xdp_socket);
	*step = "to load an XDP program";
	program = load_pass_program();
	if (program < 0)
		return program;
	*step = "to attach an XDP program";
	link = attach(program, index);
	close(program);
	if (link < 0)
		return link;
	close(link);
	return 0;
}
