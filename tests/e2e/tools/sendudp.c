// SPDX-License-Identifier: Apache-2.0
/* Sends an exact number of UDP datagrams, paced so that no queue drops one.
 * Usage: sendudp ADDRESS PORT COUNT [SIZE] */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char payload[1472];
	struct sockaddr_in to = {.sin_family = AF_INET};

	if (argc < 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: sendudp ADDRESS PORT COUNT [SIZE]\n");
		return 2;
	}
	to.sin_port = htons((in_port_t)atoi(argv[2]));
	const long count = atol(argv[3]);
	size_t size = argc > 4 ? strtoul(argv[4], NULL, 10) : 18;
	const int one = 1;
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (size > sizeof payload)
		size = sizeof payload;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) < 0) {
		perror("sendudp: socket");
		return 1;
	}
	for (long i = 0; i < count; i++) {
		if (sendto(fd, payload, size, 0, (struct sockaddr *)&to, sizeof to) < 0) {
			perror("sendudp: sendto");
			return 1;
		}
		if (i % 64 == 63)
			usleep(1000);
	}
	return 0;
}
