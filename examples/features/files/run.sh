#!/bin/sh
echo "${HOME} is not the platform's to fill in"
