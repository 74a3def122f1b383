#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
/usr/bin/python3 -c 1
