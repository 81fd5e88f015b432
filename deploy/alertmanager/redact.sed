# Takes secrets out of what Alertmanager says: version 0.25 writes the whole address of a receiver into its log when
# it cannot be reached, and Telegram's token and most webhooks' secrets are parts of addresses. usage: sed -uE -f
s#://[^@/" ]+@#://<secret>@#g
s#(https?://[^/?" \\]+)[/?][^" \\]*#\1/<secret>#g
