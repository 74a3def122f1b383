#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# python3 is fine here
python3 -c 1
