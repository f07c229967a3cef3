package dev.holdfast.api;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.usecase.ProviderUseCases;
import dev.holdfast.control.usecase.UserUseCases;
import java.util.List;
import java.util.stream.Stream;

/** Users, their roles, and tokens for programs. */
final class UserRoutes {
    private final UserUseCases users;
    private final ProviderUseCases provider;

    UserRoutes(UserUseCases users, ProviderUseCases provider) {
        this.users = users;
        this.provider = provider;
    }

    record Password(@Bound(characters = 256) String password) {}

    List<Route> routes() {
        return Stream.of(providers(), users(), tokens()).flatMap(List::stream).toList();
    }

    private List<Route> providers() {
        return List.of(
                Route.put(
                                "/identity-provider",
                                Permission.USERS,
                                "Sets the OpenID provider by which people sign in",
                                ProviderUseCases.Provider.class,
                                Route.done(
                                        call -> provider.set(call.actor(), call.body(ProviderUseCases.Provider.class))))
                        .proven(),
                Route.delete(
                                "/identity-provider",
                                Permission.USERS,
                                "Removes the OpenID provider",
                                Route.done(call -> provider.remove(call.actor())))
                        .proven());
    }

    private List<Route> users() {
        return List.of(
                Route.get(
                                "/users",
                                Permission.USERS,
                                "Users",
                                UserUseCases.UserList.class,
                                call -> users.list(call.actor(), call.query("after", ""), call.pageLimit()))
                        .query("after", "limit"),
                Route.post(
                                "/users",
                                Permission.USERS,
                                "Makes a user",
                                UserUseCases.NewUser.class,
                                Void.class,
                                Route.done(call -> users.add(call.actor(), call.body(UserUseCases.NewUser.class))))
                        .proven(),
                Route.put(
                                "/users/{name}",
                                Permission.USERS,
                                "Changes a user's role, at once",
                                UserUseCases.Change.class,
                                Route.done(call -> users.change(
                                        call.actor(), call.path("name"), call.body(UserUseCases.Change.class))))
                        .proven(),
                Route.delete(
                                "/users/{name}",
                                Permission.USERS,
                                "Removes a user, with sessions and tokens",
                                Route.done(call -> users.remove(call.actor(), call.path("name"))))
                        .proven(),
                Route.put(
                                "/users/{name}/password",
                                Permission.USERS,
                                "Sets a user's password, ends his sessions, and takes a lost second factor from him",
                                Password.class,
                                Route.done(call -> users.setPassword(
                                        call.actor(), call.path("name"), call.body(Password.class).password)))
                        .proven(),
                Route.delete(
                                "/users/{name}/second-factor",
                                Permission.USERS,
                                "Takes a lost second factor from a user",
                                Route.done(call -> users.removeSecondFactor(call.actor(), call.path("name"))))
                        .proven());
    }

    private List<Route> tokens() {
        return List.of(
                Route.get(
                                "/tokens",
                                Permission.VIEW,
                                "One's own tokens; all, for those who may see users",
                                UserUseCases.TokenList.class,
                                call -> users.tokens(call.actor(), call.query("after", ""), call.pageLimit()))
                        .query("after", "limit"),
                Route.post(
                                "/tokens",
                                Permission.VIEW,
                                "Makes a token for a program",
                                UserUseCases.NewToken.class,
                                UserUseCases.MadeToken.class,
                                call -> users.addToken(
                                        call.actor(), call.principal(), call.body(UserUseCases.NewToken.class)))
                        .proven(),
                Route.post(
                                "/users/{name}/tokens",
                                Permission.USERS,
                                "Makes a token for a program that acts as a user",
                                UserUseCases.NewToken.class,
                                UserUseCases.MadeToken.class,
                                call -> users.addToken(
                                        call.actor(), call.path("name"), call.body(UserUseCases.NewToken.class)))
                        .proven(),
                Route.delete(
                                "/tokens/{id}",
                                Permission.VIEW,
                                "Ends a token",
                                Route.done(call -> users.removeToken(call.actor(), call.path("id"))))
                        .person());
    }
}
