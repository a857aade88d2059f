# Tokens of the Jupyter server's broker, in R: a client of docs/protocol.md in one file.
#
#   source("jupyter_auth.R")                    # or: ja <- new.env(); sys.source("jupyter_auth.R", ja)
#   tok <- get_token("lake", "lake.read")       # silent where somebody has signed in; else asks below the cell
#   jsonlite::fromJSON(url(address, headers = headers(tok)))
#
# It needs IRkernel with what that brings (digest, jsonlite), and processx, since R itself has no unix sockets.
# What get_token() gives is no secret: it says whose token it is and for what, and headers(tok) asks the broker for
# the present one each time. So nothing of it is saved with a workspace, and a sign-out anywhere counts at once.

PROTOCOL_VERSION <- 1L
ANSWER_SECONDS <- 100 # longer than the broker's own limit, which explains more
PROOF_SECONDS <- 5
WAIT_SECONDS <- 10 # a slice of a wait for a person
ATTEMPTS <- 5 # the broker may end a connection before its proof where strangers crowd it
MAX_ADDRESS <- 100 # bytes of a socket's path
MAX_BODY <- 65536 # bytes of a frame
MIME_TYPE <- "application/vnd.jupyter_auth.interaction.v1+json"

# ---- what people call ----------------------------------------------------------------------------------------

#' A token for a profile: silently where that can be, else by asking a person.
#'
#' @param profile,account,tenant,flow text; the broker's defaults where NULL.
#' @param scopes a character vector, or OAuth's own text with spaces.
#' @param interactive TRUE or FALSE, or "auto": ask only where a person can answer.
#' @param force_refresh TRUE where the API has refused the present token.
#' @param timeout seconds to wait for a person; NULL for as long as the sign-in lasts.
#' @return a `jupyter_auth_token`, which holds no secret; give it to `headers()`.
#' Conditions: `jupyter_auth_error`, with `reason` and `hint`, and one class each for `interaction_required` and
#' the other slugs of docs/protocol.md, such as `jupyter_auth_interaction_required`.
get_token <- function(profile = NULL, scopes = NULL, account = NULL, tenant = NULL, interactive = "auto",
                      flow = NULL, force_refresh = FALSE, timeout = NULL) {
  request <- list(op = "get_token", profile = profile, scopes = as_scopes(scopes), account = account,
                  tenant = tenant, force_refresh = if (force_refresh) TRUE)
  describe <- function(result) describe_token(result, request)
  tryCatch(
    describe(ask_broker(request)$result),
    jupyter_auth_interaction_required = function(problem) {
      if (problem$reason == "ambiguous_account" || !may_ask(interactive)) stop(problem)
      describe(ask_person(c(request, list(flow = flow)), timeout))
    },
    jupyter_auth_kernel_grant_required = function(problem) {
      if (problem$reason != "grant_required" || !may_ask(interactive)) stop(problem)
      describe(ask_person(c(request, list(flow = flow)), timeout))
    }
  )
}

#' The HTTP headers that carry the token of `tok`: the present one, whatever time has passed.
#'
#' A named character vector, as `url()`, `download.file()` and `httr::add_headers(.headers = )` take it. It shows
#' itself redacted. Raises `jupyter_auth_interaction_required` where a person has to sign in again.
headers <- function(tok, force_refresh = FALSE) {
  stopifnot(inherits(tok, "jupyter_auth_token"))
  request <- c(tok$request, if (force_refresh) list(force_refresh = TRUE, have = tok$version))
  result <- tryCatch(ask_broker(request)$result, jupyter_auth_kernel_grant_required = function(problem) {
    given <- if (!is.null(state()$once)) state()$once()
    if (!identical(given$version, tok$version) || Sys.time() > tok$expires_on) stop(problem)
    given
  })
  structure(c(Authorization = paste(part(result, "token_type"), part(result, "access_token"))), class = "jupyter_auth_headers")
}

#' Who is signed in: a data frame with a row for each account.
get_accounts <- function(profile = NULL) {
  rows <- ask_broker(list(op = "get_accounts", profile = profile))$accounts
  column <- function(name) vapply(rows, function(row) as.character(row[[name]] %or% NA), "")
  data.frame(username = column("username"), profile = column("profile"),
             home_account_id = column("home_account_id"), stringsAsFactors = FALSE)
}

#' Forget an account and revoke its tokens at the provider; gives, for each account, what came of that.
sign_out <- function(profile = NULL, account = NULL) {
  assign("once", NULL, state())
  report <- ask_broker(list(op = "sign_out", profile = profile, account = account))$report
  vapply(report$accounts, function(row) stats::setNames(row$outcome, row$username), "")
}

#' Wipe all tokens, for R, for Python and on disk.
clear_cache <- function(profile = NULL) {
  assign("once", NULL, state())
  invisible(ask_broker(list(op = "clear_cache", profile = profile))$report)
}

# ---- what a token shows of itself ----------------------------------------------------------------------------

describe_token <- function(result, request) {
  account <- result$account
  structure(
    list(profile = result$profile, account = account$username, scopes = unlist(result$scopes),
         expires_on = as.POSIXct(result$expires_on, origin = "1970-01-01"), version = result$version,
         # silently, and for this account alone, whoever else signs in meanwhile
         request = list(op = if (is.null(account)) "acquire_token_for_client" else "acquire_token_silent",
                        profile = result$profile, scopes = request$scopes,
                        account = account$home_account_id, tenant = request$tenant)),
    class = "jupyter_auth_token"
  )
}

format_token <- function(x, ...) {
  minutes <- max(0, floor(as.numeric(difftime(x$expires_on, Sys.time(), units = "mins"))))
  paste0("<jupyter_auth_token ", paste(c(x$profile, x$account), collapse = " "), ", ",
         paste(x$scopes, collapse = " "), ", ", minutes, " min>")
}
format_headers <- function(x, ...) "<jupyter_auth_headers Authorization: (redacted)>"
shown_by <- function(format) function(x, ...) { cat(format(x), "\n", sep = ""); invisible(x) }

# for print and IRkernel's display, wherever this file is sourced
for (generic in c("print", "format", "str")) {
  registerS3method(generic, "jupyter_auth_token",
                   if (generic == "format") format_token else shown_by(format_token))
  registerS3method(generic, "jupyter_auth_headers",
                   if (generic == "format") format_headers else shown_by(format_headers))
}
rm(generic)

# ---- errors --------------------------------------------------------------------------------------------------

`%or%` <- function(value, default) if (is.null(value)) default else value

#' The condition for an error of the protocol; a slug that this client does not know counts as `auth_error`.
auth_error <- function(slug, message, reason = "", hint = "", fields = list()) {
  known <- c("interaction_required", "interaction_declined", "interaction_expired", "interaction_cancelled",
             "oauth_error", "transport_error", "policy", "kernel_grant_required", "profile_error", "cache_error",
             "cache_seal_error", "no_safe_store")
  slug <- if (slug %in% known) slug else "auth_error"
  structure(
    c(list(message = trimws(paste(message, hint)), call = NULL, error = slug, reason = reason, hint = hint),
      fields[c("profile", "scopes", "accounts")]),
    class = unique(c(paste0("jupyter_auth_", slug), "jupyter_auth_error", "error", "condition"))
  )
}

lost <- function(message) stop(auth_error("transport_error", message, "broker_lost", "Run the cell again."))

unreadable <- function() {
  stop(auth_error("transport_error", "The token broker sent an answer that cannot be read.", "bad_result",
                  "Use the jupyter_auth.R that belongs to the server's jupyter-token-broker."))
}

#' A text of an answer, which has to be there.
part <- function(answer, name) {
  value <- answer[[name]]
  if (is.character(value) && length(value) == 1) value else unreadable()
}

checked <- function(answer) {
  if (is.null(answer$error)) return(answer)
  if (answer$error == "unknown_version") {
    stop(auth_error("transport_error",
                    paste0("This client speaks protocol ", PROTOCOL_VERSION, "; the server's broker speaks ",
                           answer$v, "."),
                    "version", "Use the jupyter_auth.R that belongs to the server's jupyter-token-broker."))
  }
  stop(auth_error(answer$error, answer$message %or% "", answer$reason %or% "", answer$hint %or% "", answer))
}

# ---- asking --------------------------------------------------------------------------------------------------

#' The one open connection, the process that opened it, and a token that a person has allowed for once. Among the
#' options, since what is in the workspace is saved with it.
state <- function() {
  if (is.null(getOption("jupyter_auth.state"))) options(jupyter_auth.state = new.env(parent = emptyenv()))
  getOption("jupyter_auth.state")
}

#' A request over the open connection, or over a new one where that one has gone.
ask_broker <- function(request) {
  open <- kept_connection() %or% keep_connection(open_connection())
  tryCatch(call_kept(open, request), jupyter_auth_transport_error = function(problem) {
    if (problem$reason != "broker_lost") stop(problem)
    open <- keep_connection(open_connection()) # the server may have been restarted
    call_kept(open, request)
  })
}

call_kept <- function(connection, request) {
  is_whole <- FALSE
  on.exit(if (!is_whole) keep_connection(NULL)) # an answer would be left in it
  answer <- exchange(connection, request)
  is_whole <- TRUE
  checked(answer)
}

#' Nothing in a forked worker: an answer there could be its parent's.
kept_connection <- function() if (identical(state()$pid, Sys.getpid())) state()$connection

keep_connection <- function(connection) {
  if (!is.null(before <- kept_connection())) close(before)
  assign("pid", Sys.getpid(), state())
  assign("connection", connection, state())
  connection
}

as_scopes <- function(scopes) {
  if (!is.null(scopes)) as.list(strsplit(trimws(paste(scopes, collapse = " ")), " +")[[1]])
}

#' IRkernel's executor, which knows the request that runs: no public function tells it. NULL elsewhere.
executor <- function() {
  if (!isTRUE(getOption("jupyter.in_kernel"))) return(NULL)
  environment(getOption("jupyter.base_display_func"))
}

#' nbconvert, papermill and the like say with each request that nobody can answer.
may_ask <- function(interactive) {
  if (!identical(interactive, "auto")) return(isTRUE(interactive))
  kernel <- executor()
  if (is.null(kernel)) base::interactive() else isTRUE(kernel$current_request$content$allow_stdin)
}

# ---- a person's part -----------------------------------------------------------------------------------------

#' Ask a person, on a connection of its own: the stop button closes it, which ends the request.
ask_person <- function(request, timeout) {
  deadline <- if (is.null(timeout)) Inf else now() + timeout
  connection <- open_connection()
  on.exit(close(connection))
  is_allowed <- FALSE
  repeat { # a consent comes before a sign-in, and then the same request goes on
    answer <- checked(exchange(connection, c(request, list(interactive = TRUE))))
    result <- answer$result %or% wait_for_person(connection, answer$interaction, deadline)
    if (!is.null(result)) break
    is_allowed <- TRUE
  }
  if (is_allowed) assign("once", function() result, state()) # it may have been for this one token
  result
}

wait_for_person <- function(connection, interaction, deadline) {
  part(interaction, "id")
  prompt <- new_prompt()
  cancelled <- list(state = "cancelled", message = "Sign-in cancelled. Run the cell again to sign in.")
  on.exit(prompt(c(interaction[c("id", "flow", "profile")], cancelled))) # unless something else comes
  tryCatch(repeat {
    prompt(interaction)
    left <- min(WAIT_SECONDS, deadline - now())
    if (left <= 0) {
      stop(auth_error("interaction_expired", "Nobody answered in time.", "timeout",
                      "Run the cell again, with a longer timeout.", interaction))
    }
    answer <- checked(exchange(connection, list(op = "wait", id = interaction$id, timeout = left)))
    interaction <- answer$interaction
    is_allowed <- identical(interaction$flow, "consent") && identical(interaction$state, "succeeded")
    if (!is.null(answer$result) || is_allowed) {
      on.exit()
      prompt(interaction)
      return(answer$result)
    }
  }, jupyter_auth_error = function(problem) {
    ways <- c("declined", "expired", "cancelled")
    state <- ways[match(problem$error, paste0("interaction_", ways))]
    cancelled <<- list(state = if (is.na(state)) "failed" else state, reason = problem$reason,
                       message = conditionMessage(problem))
    stop(problem)
  })
}

#' A function that shows an interaction in one place, and in the end a line without any code or address.
new_prompt <- function() {
  name <- paste0("jupyter-auth-", paste(sample(c(letters, 0:9), 16, replace = TRUE), collapse = ""))
  shown <- NULL
  function(it) {
    words <- prompt_words(it)
    if (identical(words, shown)) return(invisible())
    is_pending <- identical(it$state, "pending")
    bundle <- list("text/plain" = words)
    if (isTRUE(it$front_end) || !is_pending) { # while it waits, the notebook holds its id alone
      kept <- if (is_pending) "id" else c("id", "state", "flow", "profile", "username", "reason", "message")
      bundle[[MIME_TYPE]] <- Filter(Negate(is.null), it[intersect(kept, names(it))])
    }
    display(bundle, name, is_update = !is.null(shown))
    shown <<- words
  }
}

prompt_words <- function(it) {
  if (identical(it$state, "succeeded")) {
    return(if (identical(it$flow, "consent")) "Allowed." else paste("Signed in as", it$username))
  }
  if (!identical(it$state, "pending")) return(it$message)
  if (isTRUE(it$front_end)) return("Sign-in is waiting: see the card or the Jupyter Auth sidebar")
  if (identical(it$flow, "consent")) return(paste("Allow", it$profile, "in the Jupyter Auth sidebar"))
  if (!is.null(it$user_code)) {
    return(paste0("Sign in to ", it$profile, "\n\n  1. Open   ", it$verification_uri,
                  "\n  2. Enter  ", it$user_code, "\n\nTo stop, interrupt the cell."))
  }
  paste0("Sign in to ", it$profile, "\n\n  Open ", it$authorization_uri, " and sign in there.",
         if (isTRUE(it$paste)) "\n  Then paste the address you end up on into the Jupyter Auth sidebar.")
}

#' IRdisplay cannot update what it has shown; the kernel's messages can.
display <- function(bundle, name, is_update) {
  kernel <- executor()
  if (is.null(kernel)) return(message(bundle[["text/plain"]]))
  kernel$send_response(if (is_update) "update_display_data" else "display_data", kernel$current_request, "iopub",
                       list(data = bundle, metadata = stats::setNames(list(), character()),
                            transient = list(display_id = name)))
}

# ---- finding the broker --------------------------------------------------------------------------------------

#' A proven connection to the first broker that knows this kernel.
open_connection <- function() {
  file <- connection_file()
  key <- if (nzchar(file) && file.exists(file)) jsonlite::fromJSON(file)$key
  told <- NULL
  for (path in if (nzchar(key %or% "")) candidates(file)) {
    for (attempt in seq_len(ATTEMPTS)) {
      found <- tryCatch(prove(path, key), jupyter_auth_error = identity)
      if (!inherits(found, "condition")) return(found)
      if (!identical(found$reason, "broker_lost")) break
    }
    if (found$reason %in% c("version", "bad_result", "too_many_connections", "broker_lost")) told <- told %or% found
  }
  stop(told %or% auth_error(
    "transport_error", "No Jupyter server here knows this R kernel, or it has no token broker.", "no_broker",
    "Start the kernel from a Jupyter server with jupyter-token-broker; `jupyter auth doctor` there says more."
  ))
}

#' This kernel's connection file; in a process that a kernel started, that kernel's.
connection_file <- function() {
  if (isTRUE(getOption("jupyter.in_kernel"))) {
    # a path, not a secret: what R starts proves itself as this kernel by it
    Sys.setenv(JUPYTER_AUTH_CONNECTION_FILE = normalizePath(commandArgs(TRUE)[[1]]))
  }
  Sys.getenv("JUPYTER_AUTH_CONNECTION_FILE")
}

runtime_dir <- function() {
  data <- if (Sys.info()[["sysname"]] == "Darwin") "~/Library/Jupyter" else
    file.path(Sys.getenv("XDG_DATA_HOME", "~/.local/share"), "jupyter")
  path.expand(Sys.getenv("JUPYTER_RUNTIME_DIR", file.path(Sys.getenv("JUPYTER_DATA_DIR", data), "runtime")))
}

candidates <- function(file) {
  folders <- unique(c(dirname(file), runtime_dir()))
  parent <- Sys.getenv("JPY_PARENT_PID")
  first <- if (grepl("^[0-9]+$", parent)) file.path(folders, paste0("jupyter_auth-", parent, ".sock"))
  others <- lapply(folders, function(folder) {
    found <- list.files(folder, "^jupyter_auth-.*\\.sock$", full.names = TRUE)
    found[order(file.mtime(found), decreasing = TRUE)]
  })
  Filter(is_own, unique(c(first, unlist(others))))
}

#' R cannot ask who is at the other end; where nobody else can have put the socket there, it need not.
is_own <- function(path) {
  found <- file.info(c(path, dirname(path)))
  isTRUE(all(found$uid == file.info(tempdir())$uid)) && !bitwAnd(as.integer(found$mode[2]), strtoi("022", 8))
}

# ---- one connection ------------------------------------------------------------------------------------------

prove <- function(path, key) {
  connection <- tryCatch(connect(path), error = function(problem) lost_at(path))
  is_proven <- FALSE
  on.exit(if (!is_proven) close(connection))
  hello <- checked(exchange(connection, list(op = "hello", v = PROTOCOL_VERSION), PROOF_SECONDS))
  said <- c(charToRaw("jupyter_auth/v1"), as.raw(0), charToRaw(part(hello, "broker_id")), as.raw(0),
            charToRaw(part(hello, "nonce")))
  mac <- digest::hmac(charToRaw(key), said, algo = "sha256")
  checked(exchange(connection, list(op = "prove", mac = mac), PROOF_SECONDS))
  is_proven <- TRUE
  connection
}

lost_at <- function(path) stop(auth_error("transport_error", paste("Nobody listens at", path), "not_there"))

connect <- function(path) {
  if (nchar(path, "bytes") > MAX_ADDRESS) { # a socket's address is shorter: by its name, from its folder
    before <- setwd(dirname(path))
    on.exit(setwd(before))
    path <- basename(path)
  }
  processx::conn_connect_unix_socket(path)
}

#' A request, and its answer. Whatever goes wrong in between, the connection is of no more use.
exchange <- function(connection, message, seconds = ANSWER_SECONDS) {
  message <- Filter(Negate(is.null), message)
  body <- charToRaw(enc2utf8(jsonlite::toJSON(message, auto_unbox = TRUE, digits = NA)))
  left <- c(as.raw(bitwAnd(bitwShiftR(length(body), c(24L, 16L, 8L, 0L)), 255L)), body)
  tryCatch(
    while (length(left <- processx::conn_write(connection, left))) Sys.sleep(0.01),
    error = function(problem) lost("The connection to the token broker was lost.")
  )
  bytes <- read_frame(connection, seconds)
  answer <- tryCatch(jsonlite::parse_json(rawToChar(bytes)), error = function(problem) NULL)
  if (is.list(answer) && !is.null(names(answer))) answer else unreadable()
}

# processx reads text, and there are zero bytes in a frame's length: a child reads what has come, and says it in
# hexadecimal. One read, since the socket does not block; no answer follows before there is another request.
READ_ONCE <- "dd bs=65540 count=1 <&3 2>/dev/null | od -An -v -tx1"

read_frame <- function(connection, seconds) {
  deadline <- now() + seconds
  bytes <- raw()
  repeat {
    size <- sum(as.integer(bytes[1:4]) * c(2^24, 2^16, 2^8, 1)) # NA before there are four
    if (!is.na(size) && length(bytes) >= 4 + size) return(bytes[4 + seq_len(size)])
    if (!is.na(size) && size > MAX_BODY) unreadable()
    left <- deadline - now()
    if (left <= 0) lost("The token broker did not answer in time.")
    if (processx::poll(list(connection), ceiling(1000 * left))[[1]] == "timeout") next
    reader <- processx::process$new("/bin/sh", c("-c", READ_ONCE), connections = list(connection), stdout = "|")
    read <- scan(text = reader$read_all_output(), what = "", quiet = TRUE)
    close(reader$get_output_connection())
    if (!length(read)) lost("The connection to the token broker was lost.")
    bytes <- c(bytes, as.raw(strtoi(read, 16L)))
  }
}

now <- function() as.numeric(proc.time()[["elapsed"]]) # seconds of a clock that nobody sets
